"""Hashed character n-grams as sparse rows, for linear models."""

from collections.abc import Sequence

import numpy as np
from scipy.sparse import csr_matrix

from mlproject.dataset.ngrams import hashed

BITS = 18
SIZES = (1, 2, 3)
READ = 600  # characters of a text


def rows(texts: Sequence[str]) -> csr_matrix:
    """Which n-grams each text has, of length 1: (texts, 2^18), float32."""
    hashes, offsets = hashed([text[:READ].casefold() for text in texts], SIZES)
    columns = (hashes & np.uint64(2**BITS - 1)).astype(np.int32)
    ones = np.ones(len(columns), np.float32)
    matrix = csr_matrix((ones, columns, offsets.astype(np.int32)), (len(texts), 2**BITS))
    matrix.sum_duplicates()
    counts = np.diff(matrix.indptr)
    matrix.data = np.repeat(1 / np.sqrt(np.maximum(counts, 1)), counts).astype(np.float32)
    return matrix
