import numpy as np
import pytest
import torch
from torch import Tensor

from mlproject.training.batches import Packed
from mlproject.training.pretraining.masking import Mask, Masked, hide

CLS, SEP, HIDDEN, VOCABULARY = 1, 2, 3, 1_000
MASK = Mask(0.15, HIDDEN, VOCABULARY, torch.tensor([0, CLS, SEP, HIDDEN]))


def packed(texts: int, length: int) -> Packed:
    """Texts of ordinary pieces between [CLS] and [SEP]."""
    ids = torch.arange(texts * length) % 500 + 100
    ids[::length], ids[length - 1 :: length] = CLS, SEP
    bounds = torch.arange(0, texts * length + 1, length, dtype=torch.int32)
    rows = torch.arange(texts)
    positions = torch.arange(length).repeat(texts)
    return Packed(rows, ids, positions, bounds, np.full(texts, length), length)


def hidden(texts: Packed, begins: Tensor | None = None, seed: int = 0) -> Masked:
    each = torch.ones(len(texts.ids), dtype=torch.bool)
    generator = torch.Generator().manual_seed(seed)
    return hide(texts, each if begins is None else begins, MASK, generator)


def test_the_share_is_exact_and_what_stood_there_is_kept() -> None:
    texts = packed(40, 52)
    found = hidden(texts)
    assert len(found.where) == MASK.count(40 * 52, 40) == round(0.15 * 40 * 50)
    assert torch.equal(found.truth, texts.ids[found.where])
    untouched = torch.ones(len(texts.ids), dtype=torch.bool)
    untouched[found.where] = False
    assert torch.equal(found.texts.ids[untouched], texts.ids[untouched])


def test_eight_tenths_are_hidden_one_replaced_one_left() -> None:
    texts = packed(400, 102)
    found = hidden(texts)
    shown = found.texts.ids[found.where]
    masked = (shown == HIDDEN).float().mean().item()
    left = (shown == found.truth).float().mean().item()
    assert masked == pytest.approx(0.8, abs=0.02)
    assert left == pytest.approx(0.1, abs=0.02)


def test_the_ends_of_a_text_are_never_chosen() -> None:
    found = hidden(packed(300, 4))
    assert not torch.isin(found.truth, MASK.special).any()


def test_a_word_is_chosen_whole() -> None:
    texts = packed(30, 62)
    begins = torch.zeros(len(texts.ids), dtype=torch.bool)
    begins[texts.positions % 3 == 1] = True  # words of three pieces
    begins[texts.positions == 0] = begins[texts.positions == 61] = True
    words = begins.cumsum(0)
    found = hidden(texts, begins)
    pieces = torch.bincount(words[found.where], minlength=int(words.max()) + 1)
    assert (pieces == 3).sum() >= len(found.where) // 3 - 1
    assert ((pieces > 0) & (pieces < 3)).sum() <= 1  # the last one, for the share to be exact


def test_the_seed_decides() -> None:
    texts = packed(10, 30)
    one, same, other = hidden(texts), hidden(texts), hidden(texts, seed=1)
    assert torch.equal(one.texts.ids, same.texts.ids)
    assert not torch.equal(one.where, other.where)


def test_a_text_without_words_stops_nothing() -> None:
    assert len(hidden(packed(1, 2)).where) == 1
