"""TF-IDF of character 1- to 3-grams and logistic regression."""

import zipfile
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_matrix, vstack
from sklearn.feature_extraction.text import TfidfTransformer
from sklearn.linear_model import LogisticRegression

from mlproject.dataset.ngrams import hashed

SIZES = (1, 2, 3)
BITS = 19  # n-grams with the same hash share a column
READ = 600  # characters of a text
BLOCK = 2_000  # texts
MOST = 100_000  # texts to learn from
STRENGTH = 10.0  # of what the texts say against small coefficients


class Linear:
    """Fitted on texts, or read back from a file that holds nothing but numbers."""

    def __init__(self, weights: TfidfTransformer, model: LogisticRegression) -> None:
        self._weights, self._model = weights, model

    @classmethod
    def fit(cls, texts: Sequence[str], labels: np.ndarray) -> "Linear":
        """On at most 100,000 of the texts, evenly taken; ``labels`` (N,) integers from 0 on, each
        of which occurs."""
        taken = np.linspace(0, len(texts) - 1, min(len(texts), MOST)).astype(np.int64)
        weights = TfidfTransformer(sublinear_tf=True)
        matrix = weights.fit_transform(counts([texts[row] for row in taken]))
        model = LogisticRegression(C=STRENGTH, class_weight="balanced", max_iter=300, tol=1e-3)
        return cls(weights, model.fit(matrix, np.asarray(labels)[taken]))

    def predict(self, texts: Sequence[str]) -> NDArray[np.float32]:
        """Probabilities (N, labels)."""
        found = self._model.predict_proba(self._weights.transform(counts(texts)))
        return np.asarray(found, dtype=np.float32)

    def write(self, path: Path) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        partial = path.with_name(f"{path.name}.partial")
        with partial.open("wb") as file:
            np.savez_compressed(
                file,
                idf=self._weights.idf_.astype(np.float32),
                coefficients=self._model.coef_.astype(np.float32),
                intercepts=self._model.intercept_,
                classes=self._model.classes_,
            )
        partial.replace(path)

    @classmethod
    def read(cls, path: Path) -> "Linear | None":
        """None where the file is missing or damaged."""
        try:
            with path.open("rb") as file, np.load(file, allow_pickle=False) as kept:
                weights, model = TfidfTransformer(sublinear_tf=True), LogisticRegression()
                weights.idf_ = kept["idf"]
                model.coef_, model.intercept_ = kept["coefficients"], kept["intercepts"]
                model.classes_ = kept["classes"]
                return cls(weights, model)
        except (OSError, ValueError, KeyError, zipfile.BadZipFile):
            return None


def counts(texts: Sequence[str]) -> csr_matrix:
    """How often each text has each hashed n-gram: (texts, 2^19), float32."""
    return vstack(
        [_counts(texts[begin : begin + BLOCK]) for begin in range(0, len(texts), BLOCK)],
        format="csr",
    )


def _counts(texts: Sequence[str]) -> csr_matrix:
    hashes, offsets = hashed([text[:READ].casefold() for text in texts], SIZES)
    columns = (hashes & np.uint64(2**BITS - 1)).astype(np.int32)
    ones = np.ones(len(columns), np.float32)
    matrix = csr_matrix((ones, columns, offsets.astype(np.int32)), (len(texts), 2**BITS))
    matrix.sum_duplicates()
    return matrix
