import numpy as np
import pytest
import torch
from transformers import BertForMaskedLM

from mlproject.task import Training
from mlproject.training import attention, packed
from mlproject.training.group import Group
from mlproject.training.pretraining.masking import Mask
from mlproject.training.pretraining.network import MaskedLanguageModel, logits
from mlproject.training.pretraining.step import Stepper, batches, count
from mlproject.training.pretraining.words import Words
from mlproject.training.tokens import Tokens
from tests.training.test_packed import config
from tests.training.test_step import single as single

LENGTHS = np.random.default_rng(0).integers(3, 30, 24)
MASK = Mask(0.15, 3, 50, torch.tensor([1, 2]))


def words() -> Words:
    generator = torch.Generator().manual_seed(0)
    ids = torch.randint(4, 50, (int(LENGTHS.sum()),), generator=generator, dtype=torch.int32)
    starts = torch.from_numpy(np.concatenate([[0], np.cumsum(LENGTHS)[:-1]]))
    ids[starts], ids[starts + torch.from_numpy(LENGTHS) - 1] = 1, 2
    sizes = torch.from_numpy(LENGTHS)
    tokens = Tokens(ids, starts, sizes, LENGTHS, 0)
    return Words(tokens, Tokens(torch.ones_like(ids), starts, sizes, LENGTHS, 0))


def test_it_guesses_what_bert_for_masked_lm_guesses() -> None:
    torch.manual_seed(0)
    whole = BertForMaskedLM(config())
    whole.train(False)
    one = torch.randint(4, 50, (1, 9))
    expected = whole(input_ids=one).logits[0, [2, 5]]
    found = words()
    where = torch.tensor([2, 5])
    found.tokens.ids[:9] = one[0]
    tokens = Tokens(
        found.tokens.ids[:9], torch.tensor([0]), torch.tensor([9]), np.array([9], np.int64), 0
    )
    model = MaskedLanguageModel(config(), whole).eval()
    torch.testing.assert_close(logits(model, tokens.packed(np.array([0])), where), expected)


def test_an_epoch_has_every_text_once_in_batches_of_about_as_many_tokens() -> None:
    lengths = np.random.default_rng(1).integers(2, 65, 500)
    found = list(batches(lengths, 512, seed=13, epoch=2))
    assert len(found) == count(lengths, 512)
    assert sorted(np.concatenate(found).tolist()) == list(range(500))
    sizes = [int(lengths[rows].sum()) for rows in found]
    assert max(sizes) <= 512 + 64
    assert min(sizes[:-1]) >= 512 - 64
    assert [rows.tolist() for rows in batches(lengths, 512, 13, 2, skip=3)] == [
        rows.tolist() for rows in found[3:]
    ]


@pytest.mark.parametrize("micro_tokens", [None, 60])
def test_the_loss_comes_down(micro_tokens: int | None) -> None:
    torch.manual_seed(0)
    values = Training.model_validate({"precision": "fp32", "micro_tokens": micro_tokens})
    stepper = Stepper(MaskedLanguageModel(config()).train(), words(), values, MASK, Group())
    losses = []
    for seed in range(60):
        loss, hidden = stepper.step(np.arange(24), 3e-3, seed % 5).tolist()
        assert hidden == pytest.approx(MASK.count(int(LENGTHS.sum()), 24), abs=6)
        losses.append(loss / hidden)
    assert np.mean(losses[-5:]) < np.mean(losses[:5]) - 1


def test_a_step_depends_on_its_seed_alone() -> None:
    torch.manual_seed(0)
    values = Training.model_validate({"precision": "fp32"})
    stepper = Stepper(MaskedLanguageModel(config(0.5)).train(), words(), values, MASK, Group())
    losses = []
    for seed in (1, 1, 2):
        torch.rand(seed)  # what was drawn before does not matter
        losses.append(float(stepper.step(np.arange(24), 0.0, seed)[0]))
    assert losses[0] == losses[1] != losses[2]


@pytest.mark.filterwarnings("ignore:.*torch.jit.*:DeprecationWarning")
def test_it_compiles_once_for_batches_of_all_sizes(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(packed, "attend", attention.padded)  # the CPU's goes by the lengths
    torch.manual_seed(0)
    model, tokens = MaskedLanguageModel(config()).train(), words().tokens
    compiled = torch.compile(logits, dynamic=True, fullgraph=True, backend="aot_eager")
    for size in (24, 11, 5):
        found, where = tokens.packed(np.arange(size)), torch.arange(1, 2 * size)
        torch.testing.assert_close(compiled(model, found, where), logits(model, found, where))
        with torch._dynamo.config.patch(error_on_recompile=size < 24):
            compiled(model, found, where)
