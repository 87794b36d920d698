"""How well does a classifier do that sees only the length, or only the punctuation?

Near chance is the goal: what it finds, a large model would learn instead of the meaning.
"""

from collections.abc import Iterable

import numpy as np
from numpy.typing import NDArray

SIGNS = "，。？！、；：…,.?!;:\"'()[]{}<>《》「」【】—-~/\\@#%&*+=|_"
TREES = 20  # with 60 no score is another by as much as 0.01
MOST = 10_000  # rows to learn from, and rows to test on
FEWEST = 5  # rows of each label on each side

Features = NDArray[np.float32]


def of_length(texts: Iterable[str]) -> Features:
    """(texts, 1)"""
    return np.array([[len(text)] for text in texts], np.float32).reshape(-1, 1)


def of_punctuation(texts: Iterable[str]) -> Features:
    """Which sign ends the text, and each sign's share of the characters: (texts, 2·signs)."""
    none = len(SIGNS)  # the place of all other signs
    places = np.full(0x10000, none)
    places[[ord(sign) for sign in SIGNS]] = np.arange(none)
    shares, ends = [], []
    for text in texts:
        codes = np.frombuffer(text.encode("utf-32-le", "surrogatepass"), "<u4")
        found = places.take(codes, mode="clip")
        shares.append(np.bincount(found, minlength=none + 1)[:none] / max(len(text), 1))
        ends.append(found[-1] if text else none)
    last = np.eye(none + 1, none)[ends]
    return np.hstack([np.reshape(shares, (-1, none)), last]).astype(np.float32)


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
    model = RandomForestClassifier(TREES, min_samples_leaf=10, random_state=0, n_jobs=1)
    found = model.fit(learn, y).predict_proba(test)[:, 1]
    return {
        "roc_auc": round(float(roc_auc_score(truth, found)), 4),
        "average_precision": round(float(average_precision_score(truth, found)), 4),
        "chance": round(float(truth.mean()), 4),
    }
