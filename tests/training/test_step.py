"""One step: parts, memory, precision."""

import logging
from collections.abc import Iterator

import numpy as np
import pytest
import torch
from torch import Tensor, nn

from mlproject.errors import InputError
from mlproject.task import Training
from mlproject.training.group import Group
from mlproject.training.model import Classifier
from mlproject.training.predict import probabilities
from mlproject.training.step import Split, Stepper
from mlproject.training.tokens import Tokens
from tests.training.test_packed import config

LENGTHS = np.random.default_rng(0).integers(3, 30, 24)


@pytest.fixture(autouse=True)
def single() -> Iterator[None]:
    """One thread: for matrices this small a second one only waits."""
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


class Crowded(nn.Module):
    """Has room for so many tokens at a time, padding counted."""

    def __init__(self, room: int) -> None:
        super().__init__()
        self.room = room
        self.embedding = nn.Embedding(50, 8)
        self.output = nn.Linear(8, 3)

    def forward(self, input_ids: Tensor, attention_mask: Tensor) -> Tensor:
        if input_ids.numel() > self.room:
            raise torch.OutOfMemoryError(f"{input_ids.numel()} tokens")
        mask = attention_mask[..., None]
        mean = (self.embedding(input_ids) * mask).sum(1) / mask.sum(1)
        logits: Tensor = self.output(mean)
        return logits


def split(weights: np.ndarray | None = None) -> Split:
    starts = np.concatenate([[0], np.cumsum(LENGTHS)[:-1]])
    generator = torch.Generator().manual_seed(0)
    ids = torch.randint(1, 50, (int(LENGTHS.sum()),), generator=generator, dtype=torch.int32)
    tokens = Tokens(ids, torch.from_numpy(starts), torch.from_numpy(LENGTHS), LENGTHS, 0)
    return Split(tokens, np.arange(24) % 3, weights)


def trained(model: nn.Module, **given: object) -> tuple[dict[str, Tensor], Stepper]:
    """The weights after three steps of all texts."""
    torch.manual_seed(0)
    for parameter in model.parameters():
        nn.init.normal_(parameter, std=0.1)
    values = Training.model_validate({"precision": "fp32", "learning_rate": 1e-3, **given})
    stepper = Stepper(model.train(), split(), values, 3, Group())
    for number in range(3):
        stepper.step(np.arange(24), 1e-3, number)
    return model.state_dict(), stepper


def test_parts_give_the_weights_of_the_whole_batch() -> None:
    whole, _ = trained(Classifier(config()))
    parts, _ = trained(Classifier(config()), micro_tokens=60)
    for name, value in whole.items():
        torch.testing.assert_close(parts[name], value, rtol=1e-3, atol=1e-5)


def test_out_of_memory_halves_the_parts_and_goes_on(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.WARNING)
    roomy, _ = trained(Crowded(room=10_000))
    crowded, stepper = trained(Crowded(room=100))
    assert stepper.part <= 100
    assert f"going on with {stepper.part} tokens" in caplog.messages[-1]
    assert len(caplog.messages) < 6
    for name, value in roomy.items():
        torch.testing.assert_close(crowded[name], value, rtol=1e-3, atol=1e-5)


def test_a_text_that_does_not_fit_alone_says_what_to_do() -> None:
    with pytest.raises(InputError, match="one text of 29 tokens on cpu: give a lower max_length"):
        trained(Crowded(room=10))


def test_a_step_depends_on_its_seed_alone() -> None:
    torch.manual_seed(0)
    model = Classifier(config(dropout=0.5))
    stepper = Stepper(model.train(), split(), Training(), 3, Group())
    losses = []
    for seed in (1, 1, 2):
        torch.rand(seed)  # what was drawn before does not matter
        losses.append(float(stepper.step(np.arange(24), 0.0, seed)))
    assert losses[0] == losses[1] != losses[2]


@pytest.mark.parametrize("precision", ["bf16", "fp16"])
def test_short_numbers_give_about_the_same_weights(precision: str) -> None:
    exact, _ = trained(Classifier(config()))
    short, stepper = trained(Classifier(config()), precision=precision)
    assert stepper.scaler.is_enabled() == (precision == "fp16")
    assert all(value.dtype == torch.float32 for value in short.values())
    change = torch.cat([(short[n] - exact[n]).abs().flatten() for n in exact])
    assert change.mean() < 5e-4


def test_the_scaling_of_fp16_goes_on() -> None:
    _, stepper = trained(Classifier(config()), precision="fp16")
    stepper.scaler.update(128.0)
    _, other = trained(Classifier(config()), precision="fp16")
    other.resume(77, stepper.scale())
    assert (other.part, other.scaler.get_scale()) == (77, 128.0)


class Tight(torch.optim.AdamW):
    """Has no room for its values so many times, and leaves some of them behind."""

    times = 1

    def step(self, closure: object = None) -> None:  # type: ignore[override]
        if self.times:
            self.times -= 1
            parameter = self.param_groups[0]["params"][0]
            self.state[parameter]["step"] = torch.zeros(())
            raise torch.OutOfMemoryError("values")
        super().step()


def tightly(times: int) -> dict[str, Tensor]:
    torch.manual_seed(0)
    model = Classifier(config())
    values = Training(precision="fp32", learning_rate=1e-3)
    stepper = Stepper(model.train(), split(), values, 3, Group())
    stepper.optimizer = Tight(stepper.optimizer.param_groups, lr=1e-3)
    stepper.optimizer.times = times
    stepper.step(np.arange(24), 1e-3, 1)
    return model.state_dict()


def test_no_room_for_the_first_update_is_tried_once_more() -> None:
    for one, other in zip(tightly(1).values(), tightly(0).values(), strict=True):
        assert torch.equal(one, other)


def test_an_update_that_does_not_fit_says_what_to_do() -> None:
    with pytest.raises(InputError, match="the optimiser's values on cpu: give a smaller"):
        tightly(2)


def test_answers_are_asked_in_smaller_batches_where_memory_is_short() -> None:
    torch.manual_seed(0)
    model, texts = Crowded(room=10_000), split().tokens
    expected = probabilities(model, texts, 24, "fp32")
    model.room = 100
    np.testing.assert_allclose(probabilities(model, texts, 24, "fp32"), expected, rtol=1e-5)
    model.room = 10
    with pytest.raises(InputError, match=r"one text of \d+ tokens on cpu: give a lower max_length"):
        probabilities(model, texts, 24, "fp32")
