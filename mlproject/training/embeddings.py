"""Embeddings to begin with, from which tokens stand near each other: better than random ones."""

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_matrix
from sklearn.utils.extmath import randomized_svd

WINDOW = 5  # tokens on each side; one at distance d counts 1 / d
SMOOTHING = 0.75  # of the context's frequency
ONCE = 1.0  # pairs that weigh no more are left out
SPREAD = 0.04  # standard deviation of what is returned


def cooccurrence(
    ids: NDArray[np.int32], lengths: NDArray[np.int64], vocabulary: int, width: int
) -> NDArray[np.float32]:
    """(vocabulary, width) from texts end to end; the same texts give the same numbers.

    The square root of a truncated singular value decomposition of the positive pointwise mutual
    information of tokens (Levy, Goldberg, Dagan 2015, "Improving Distributional Similarity with
    Lessons Learned from Word Embeddings").
    """
    pairs = _pairs(ids.astype(np.int64), lengths, vocabulary)
    information = _positive_information(pairs)
    size = min(width, vocabulary - 1)
    left, values, _ = randomized_svd(information, size, n_iter=4, random_state=0)
    found = np.zeros((vocabulary, width), np.float32)
    found[:, :size] = left * np.sqrt(values)
    return found * np.float32(SPREAD / max(float(found.std()), 1e-9))


def _pairs(ids: NDArray[np.int64], lengths: NDArray[np.int64], vocabulary: int) -> csr_matrix:
    texts = np.repeat(np.arange(len(lengths)), lengths)
    total = csr_matrix((vocabulary, vocabulary), dtype=np.float32)
    for distance in range(1, WINDOW + 1):
        within = texts[distance:] == texts[:-distance]
        keys = ids[:-distance][within] * vocabulary + ids[distance:][within]
        pairs, times = np.unique(keys, return_counts=True)
        weights = times.astype(np.float32) / distance
        shape = (vocabulary, vocabulary)
        total = total + csr_matrix((weights, (pairs // vocabulary, pairs % vocabulary)), shape)
    return csr_matrix(total + total.T)


def _positive_information(pairs: csr_matrix) -> csr_matrix:
    often = np.asarray(pairs.sum(axis=1))[:, 0]
    context = often**SMOOTHING
    entries = pairs.tocoo()
    expected = often[entries.row] * context[entries.col] / max(float(context.sum()), 1e-9)
    information = np.log(entries.data / np.maximum(expected, 1e-9))
    kept = (information > 0) & (entries.data > ONCE)
    places = (entries.row[kept], entries.col[kept])
    return csr_matrix((information[kept].astype(np.float32), places), pairs.shape)
