"""How well does a classifier do that sees only the length, or only the punctuation?

Near chance is the goal: what it finds, a large model would learn instead of the meaning.
"""

from collections.abc import Iterable

import numpy as np
from numpy.typing import NDArray

SIGNS = "，。？！、；：…,.?!;:\"'()[]{}<>《》「」【】—-~/\\@#%&*+=|_"
MOST = 10_000  # rows to learn from, and rows to test on
FEWEST = 5  # rows of each label on each side

Features = NDArray[np.float32]


def of_length(texts: Iterable[str]) -> Features:
    """(texts, 1)"""
    return np.array([[len(text)] for text in texts], np.float32).reshape(-1, 1)


def of_punctuation(texts: Iterable[str]) -> Features:
    """Which sign ends the text, and each sign's share of the characters: (texts, 2·signs)."""
    table = []
    for text in texts:
        ends = [float(text.endswith(sign)) for sign in SIGNS]
        table.append([text.count(sign) / max(len(text), 1) for sign in SIGNS] + ends)
    return np.array(table, np.float32).reshape(-1, 2 * len(SIGNS))


def score(
    learn: Features,
    learn_labels: NDArray[np.int64],
    test: Features,
    test_labels: NDArray[np.int64],
    positive: int,
) -> dict[str, float] | None:
    """Area under the ROC curve and average precision for the label ``positive`` on the test rows.

    ``chance`` is what average precision would be by chance; for the area it is 0.5. None where
    there are too few rows to say.
    """
    from sklearn.ensemble import RandomForestClassifier
    from sklearn.metrics import average_precision_score, roc_auc_score

    y, truth = learn_labels == positive, test_labels == positive
    if min(y.sum(), (~y).sum(), truth.sum(), (~truth).sum()) < FEWEST:
        return None
    # One thread: waiting for others would take longer than the work on a busy machine.
    model = RandomForestClassifier(60, min_samples_leaf=10, random_state=0, n_jobs=1)
    found = model.fit(learn, y).predict_proba(test)[:, 1]
    return {
        "roc_auc": round(float(roc_auc_score(truth, found)), 4),
        "average_precision": round(float(average_precision_score(truth, found)), 4),
        "chance": round(float(truth.mean()), 4),
    }
