"""Texts end to end give what padded ones give."""

import numpy as np
import pytest
import torch
from transformers import BertConfig

from mlproject.training import attention, packed
from mlproject.training.batches import Batch, Packed
from mlproject.training.model import Classifier
from mlproject.training.tokens import Tokens

LENGTHS = np.array([5, 9, 2, 9, 17, 5, 1], dtype=np.int64)
ROWS = np.array([4, 0, 3, 1, 6, 5])


def config(dropout: float = 0.0) -> BertConfig:
    made = BertConfig(
        vocab_size=50,
        hidden_size=32,
        num_hidden_layers=3,
        num_attention_heads=4,
        intermediate_size=64,
        max_position_embeddings=32,
        hidden_dropout_prob=dropout,
        attention_probs_dropout_prob=0.0,
        initializer_range=0.3,
    )
    made.num_labels, made.classifier_dropout = 3, dropout
    return made


@pytest.fixture
def tokens() -> Tokens:
    generator = torch.Generator().manual_seed(0)
    starts = np.concatenate([[0], np.cumsum(LENGTHS)[:-1]])
    ids = torch.randint(0, 50, (int(LENGTHS.sum()),), generator=generator, dtype=torch.int32)
    return Tokens(ids, torch.from_numpy(starts), torch.from_numpy(LENGTHS), LENGTHS, 0)


def test_the_texts_lie_end_to_end_the_shortest_first(tokens: Tokens) -> None:
    found = tokens.packed(ROWS)
    assert found.rows.tolist() == [6, 0, 5, 3, 1, 4]
    assert found.lengths.tolist() == [1, 5, 5, 9, 9, 17]
    assert found.bounds.tolist() == [0, 1, 6, 11, 20, 29, 46]
    assert found.ids[1:6].tolist() == tokens.ids[:5].tolist()
    assert found.positions[:7].tolist() == [0, 0, 1, 2, 3, 4, 0]


@pytest.mark.parametrize("attend", [attention.attend, attention.padded])
@pytest.mark.parametrize("line", [None, 7])
def test_logits_and_gradients_are_those_of_padded_texts(
    tokens: Tokens, attend: object, line: int | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(packed, "attend", attend)
    torch.manual_seed(0)
    wanted = config()
    wanted.segment_line = line
    model = Classifier(wanted).double().train()
    tokens.ids[::4] = 7
    found = tokens.packed(ROWS)
    side_by_side = tokens.padded(Batch(found.rows, int(LENGTHS.max())))
    results, gradients = [], []
    for logits in (packed.logits(model, found), model(*side_by_side)):
        model.zero_grad()
        logits.square().sum().backward()
        results.append(logits.detach())
        gradients.append([p.grad for p in model.parameters() if p.grad is not None])
    torch.testing.assert_close(results[0], results[1])
    for one, other in zip(*gradients, strict=True):
        torch.testing.assert_close(one, other)


def test_all_rows_of_the_last_layer(tokens: Tokens) -> None:
    torch.manual_seed(0)
    model = Classifier(config()).eval()
    found = tokens.packed(ROWS)
    whole = packed.encode(model.encoder, found)
    first = packed.encode(model.encoder, found, first=True)
    torch.testing.assert_close(whole[found.bounds[:-1]], first)


def test_dropout_keeps_the_mean_and_drops_its_share() -> None:
    torch.manual_seed(0)
    kept = packed._kept(torch.empty(1_000_003), 0.3)
    assert (kept == 0).float().mean().item() == pytest.approx(0.3, abs=0.002)
    assert kept.mean().item() == pytest.approx(1.0, abs=0.003)


def test_dropout_is_only_in_training(tokens: Tokens) -> None:
    torch.manual_seed(0)
    model = Classifier(config(dropout=0.2))
    found = tokens.packed(ROWS)
    model.eval()
    assert torch.equal(packed.logits(model, found), packed.logits(model, found))
    model.train()
    assert not torch.equal(packed.logits(model, found), packed.logits(model, found))


def test_the_flash_kernel_takes_what_it_is_given(tokens: Tokens) -> None:
    """Shapes and types only: the kernel itself runs on a GPU."""
    found, first = (torch.empty(n, 32, dtype=torch.bfloat16, device="meta") for n in (46, 6))
    bounds = torch.zeros(7, dtype=torch.int32, device="meta")
    texts = Packed(bounds, bounds, bounds, bounds, np.array([1, 5, 5, 9, 9, 17]), 128)
    assert attention._variable_length(found, found, found, texts, 4).shape == (46, 32)
    assert attention._variable_length(first, found, found, texts, 4).shape == (6, 32)


@pytest.mark.filterwarnings("ignore:.*torch.jit.*:DeprecationWarning")
def test_it_compiles_once_for_batches_of_all_sizes(
    tokens: Tokens, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(packed, "attend", attention.padded)  # the CPU's goes by the lengths
    torch.manual_seed(0)
    model = Classifier(config()).train()
    compiled = torch.compile(packed.logits, dynamic=True, fullgraph=True, backend="aot_eager")
    for rows in (ROWS, ROWS[:4], ROWS[1:4]):
        found = tokens.packed(rows)
        torch.testing.assert_close(compiled(model, found), packed.logits(model, found))
        with torch._dynamo.config.patch(error_on_recompile=len(rows) < 6):
            compiled(model, found)


def test_what_is_behind_the_first_line_is_the_second_segment(tokens: Tokens) -> None:
    tokens.ids[:] = 5
    tokens.ids[7], tokens.ids[9] = 3, 3  # of the second text, which is the fourth here
    found = tokens.packed(ROWS)
    behind = packed._segments(found, 3).nonzero()[:, 0].tolist()
    (start,) = (int(found.bounds[n]) for n in range(6) if found.rows[n] == 1)
    assert behind == list(range(start + 3, start + 9))
