from pathlib import Path

import pytest
import torch
from torch import nn

from mlproject.training import checkpoint, schedule
from mlproject.training.checkpoint import State

CPU = torch.device("cpu")


def made(seed: int) -> tuple[nn.Module, torch.optim.AdamW]:
    torch.manual_seed(seed)
    model = nn.Linear(4, 2)
    return model, schedule.build(model, 0.1, 0.01)


def step(model: nn.Module, optimizer: torch.optim.AdamW) -> None:
    model(torch.ones(3, 4)).square().sum().backward()
    optimizer.step()
    optimizer.zero_grad()


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / checkpoint.NAME


def test_what_was_saved_goes_on_as_if_nothing_had_happened(path: Path) -> None:
    model, optimizer = made(1)
    step(model, optimizer)
    state = State(epoch=2, step=3, loss_sum=0.5, run_id="r", epochs=[{"f1": 0.5}], best_epoch=1)
    checkpoint.save(path, model, optimizer, {"weight": torch.ones(2)}, state)
    drawn = torch.rand(5)
    step(model, optimizer)

    other, other_optimizer = made(2)
    found, best = checkpoint.restore(path, other, other_optimizer, CPU, State)
    assert found == state
    assert torch.equal(best["weight"], torch.ones(2))
    assert torch.equal(torch.rand(5), drawn)
    step(other, other_optimizer)
    for name, value in model.state_dict().items():
        assert torch.equal(value, other.state_dict()[name]), name


def test_without_a_file_nothing_changes(path: Path) -> None:
    model, optimizer = made(1)
    assert checkpoint.restore(path, model, optimizer, CPU, State) == (State(), {})


def test_a_torn_file_is_removed(path: Path) -> None:
    model, optimizer = made(1)
    checkpoint.save(path, model, optimizer, {}, State())
    assert checkpoint.usable(path)
    path.write_bytes(path.read_bytes()[:-10])
    assert not checkpoint.usable(path)
    assert not path.exists()


def test_a_changed_byte_is_noticed(path: Path, caplog: pytest.LogCaptureFixture) -> None:
    model, optimizer = made(1)
    step(model, optimizer)
    checkpoint.save(path, model, optimizer, {}, State())
    data = bytearray(path.read_bytes())
    data[-5] ^= 1
    path.write_bytes(data)
    assert not checkpoint.usable(path)
    (line,) = caplog.messages
    assert "is damaged (its checksum is another): starting from the first epoch" in line
    assert checkpoint.restore(path, model, optimizer, CPU, State) == (State(), {})
