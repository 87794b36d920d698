"""Fits the linear model over n-grams: logistic regression on what the network will compute."""

import logging
from collections.abc import Iterator

import numpy as np
import torch
from numpy.typing import NDArray
from scipy.sparse import csr_matrix
from sklearn.linear_model import LogisticRegression
from tokenizers import Tokenizer

from mlproject.task import Training
from mlproject.training import characters
from mlproject.training.batches import by_length
from mlproject.training.ngrams import BUCKETS, LEAST, Ngrams, View
from mlproject.training.tokens import Tokens

log = logging.getLogger(__name__)
BATCH = 64  # texts
RARE = 2  # texts that an n-gram must be in to count at all
ITERATIONS = 1_000
PRECISE = 1e-4  # of the gradient


def blank(
    values: Training, labels: int, tokenizer: Tokenizer, device: torch.device
) -> Ngrams | None:
    """The model of that many labels before it is fitted; None where no n-grams are wanted."""
    line = characters.line(tokenizer)
    asked: dict[View, tuple[int, ...]] = {
        "tokens": values.ngrams,
        "characters": values.character_ngrams,
        "titles": values.title_ngrams if line >= 0 else (),
    }
    sizes = {view: several for view, several in asked.items() if several}
    if not sizes:
        return None
    return Ngrams(sizes, labels, characters.table(tokenizer), line).to(device)


def fit(
    ngrams: Ngrams,
    tokens: Tokens,
    labels: NDArray[np.int64],
    weights: NDArray[np.float64],
    strength: float,
) -> Ngrams:
    """``ngrams`` with its buffers filled, from texts of which each counts as ``weights`` says.

    ``strength`` is scikit-learn's C, for weights whose sum is the number of texts.
    """
    views = [_terms(tokens, ngrams, view) for view in ngrams.sizes]
    idf = _idf(views)
    terms = sum((_of_length_one(view, idf) for view in views[1:]), _of_length_one(views[0], idf))
    used = np.flatnonzero(idf)  # the weights of the others would stay 0, at the cost of a fit
    model = LogisticRegression(C=strength, max_iter=ITERATIONS, tol=PRECISE)
    # In float32 the line search gives up at once for some weights.
    columns = terms[:, used if len(used) else [0]].astype(np.float64)  # it takes no empty matrix
    model.fit(columns, labels, sample_weight=weights / weights.mean())
    coefficients, bias = _per_label(model, len(ngrams.bias))
    ngrams.idf.copy_(torch.from_numpy(idf))
    ngrams.weight.zero_()
    if len(used):
        found = (coefficients * idf[used]).T.astype(np.float32)
        ngrams.weight[torch.from_numpy(used)] = torch.from_numpy(found).to(ngrams.weight.device)
    ngrams.bias.copy_(torch.from_numpy(bias.astype(np.float32)))
    log.info("n-grams: %d of %d buckets are used", len(used), BUCKETS)
    return ngrams


def _of_length_one(terms: csr_matrix, idf: NDArray[np.float32]) -> csr_matrix:
    terms.data *= idf[terms.indices]
    norms = np.sqrt(np.maximum(np.asarray(terms.multiply(terms).sum(axis=1))[:, 0], LEAST))
    terms.data /= np.repeat(norms.astype(np.float32), np.diff(terms.indptr))
    return terms


def _terms(tokens: Tokens, ngrams: Ngrams, view: View) -> csr_matrix:
    """1 + ln(count) of each n-gram of each text: (texts, buckets), float32."""
    parts, order = [], []
    for rows, found in _batches(tokens, ngrams, view):
        parts.append(found)
        order.append(rows)
    texts = np.concatenate(order)
    lengths = np.concatenate([np.diff(part.indptr) for part in parts])
    columns = np.concatenate([part.indices for part in parts])
    values = np.concatenate([part.data for part in parts])
    matrix = csr_matrix(
        (values, columns, np.concatenate([[0], np.cumsum(lengths)])), (len(texts), BUCKETS)
    )
    return csr_matrix(matrix[np.argsort(texts, kind="stable")])


def _batches(
    tokens: Tokens, ngrams: Ngrams, view: View
) -> Iterator[tuple[NDArray[np.int64], csr_matrix]]:
    batches, _ = by_length(tokens.lengths, BATCH, tokens.ids.device)
    for batch in batches:
        ids, mask = tokens.padded(batch)
        places, columns, values = [], [], []
        for buckets, valid, count in ngrams.found(view, ids, mask):
            share = (1 + count.log()) / count
            where = valid.nonzero(as_tuple=True)
            places.append(where[0])
            columns.append(buckets[where])
            values.append(share[where])
        rows, columns_, weights = (
            torch.cat(part).cpu().numpy() for part in (places, columns, values)
        )
        found = csr_matrix((weights, (rows, columns_)), (len(ids), BUCKETS), dtype=np.float32)
        found.sum_duplicates()
        yield batch.rows.cpu().numpy(), found


def _idf(views: list[csr_matrix]) -> NDArray[np.float32]:
    """1 + ln((1 + texts) / (1 + texts with it)), as scikit-learn smooths it; 0 for rare ones."""
    having = sum(np.bincount(terms.indices, minlength=BUCKETS) for terms in views)
    having = np.minimum(having, views[0].shape[0])  # two views' n-grams may share a bucket
    idf = np.log((1 + views[0].shape[0]) / (1 + having)) + 1
    result: NDArray[np.float32] = np.where(having < RARE, 0, idf).astype(np.float32)
    return result


def _per_label(
    model: LogisticRegression, number: int
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Coefficients (labels, buckets) and bias (labels,): two labels have one row, halved."""
    if number == 2:
        halves = np.array([[-0.5], [0.5]])
        return halves * model.coef_, (halves * model.intercept_).sum(axis=1)
    return model.coef_, model.intercept_
