import fcntl
import os
import signal
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file

from mlproject import stop
from mlproject.dataset.read import Dataset, Example
from mlproject.errors import InputError, StoppedError, TryLaterError
from mlproject.training import checkpoint, folder
from mlproject.training.origin import Origin
from mlproject.training.plan import Plan, plan
from mlproject.training.predict import probabilities
from mlproject.training.record import Record
from mlproject.training.tokens import encode
from mlproject.training.tracking import LogTracker
from mlproject.training.train import train

MakePlan = Callable[..., Plan]


class StopAfter(LogTracker):
    """Asks for a stop when that many epochs are over."""

    def __init__(self, epochs: int) -> None:
        self.epochs = epochs

    def update(self, record: Record, dataset: Dataset) -> str:
        if len(record.epochs) == self.epochs:
            os.kill(os.getpid(), signal.SIGTERM)
        return record.run_id


@pytest.fixture
def stoppable() -> Iterator[None]:
    """SIGTERM asks for a stop of the step, not of the tests."""
    before = signal.getsignal(signal.SIGTERM)
    signal.signal(signal.SIGTERM, stop._on_signal)
    yield
    signal.signal(signal.SIGTERM, before)
    stop._requested.clear()


def weights(path: Path) -> dict[str, torch.Tensor]:
    return load_file(path / folder.WEIGHTS)


def same(one: Path, other: Path) -> bool:
    left, right = weights(one), weights(other)
    return left.keys() == right.keys() and all(torch.equal(left[n], right[n]) for n in left)


def test_tiny_learns_and_the_folder_holds_all(
    make_plan: MakePlan, home: Path, toy: Dataset
) -> None:
    path, record = train(make_plan(epochs=6), home, 1, LogTracker())
    assert record.metrics["f1"] >= 0.95
    assert {file.name for file in path.iterdir()} == {
        *("model.safetensors", "config.json", "tokenizer.json", "training.json", "lock")
    }
    trained = folder.load(path)
    assert trained.record == record
    texts = ["押金被拖着不给，能起诉吗", "键盘真好用，推荐给大家"]
    tokens = encode(texts, trained.tokenizer, torch.device("cpu"))
    assert probabilities(trained.model, tokens, 8).argmax(axis=1).tolist() == [1, 0]


def test_the_best_epoch_is_kept(make_plan: MakePlan, home: Path) -> None:
    _, record = train(make_plan(epochs=6), home, 1, LogTracker())
    best = max(values["f1"] for values in record.epochs)
    assert record.metrics["f1"] == best
    assert record.epochs[record.best_epoch - 1]["f1"] == best


def test_early_stopping(make_plan: MakePlan, home: Path) -> None:
    _, record = train(make_plan(epochs=20, patience=1), home, 1, LogTracker())
    assert len(record.epochs) == record.best_epoch + 1


def test_a_seed_gives_the_same_weights(make_plan: MakePlan, tmp_path: Path) -> None:
    one, _ = train(make_plan(), tmp_path / "one", 1, LogTracker())
    other, _ = train(make_plan(), tmp_path / "other", 1, LogTracker())
    third, _ = train(make_plan(seed=14), tmp_path / "third", 1, LogTracker())
    assert same(one, other)
    assert not same(one, third)


def test_the_same_inputs_again_train_nothing(make_plan: MakePlan, home: Path) -> None:
    path, record = train(make_plan(), home, 1, LogTracker())
    written = (path / folder.WEIGHTS).stat().st_mtime_ns
    assert train(make_plan(), home, 1, LogTracker()) == (path, record)
    assert (path / folder.WEIGHTS).stat().st_mtime_ns == written


@pytest.mark.usefixtures("stoppable")
def test_a_stopped_training_ends_with_the_weights_of_an_unbroken_one(
    make_plan: MakePlan, tmp_path: Path
) -> None:
    with pytest.raises(StoppedError, match="goes on from"):
        train(make_plan(epochs=3), tmp_path / "broken", 1, StopAfter(1))
    stop._requested.clear()
    path, record = train(make_plan(epochs=3), tmp_path / "broken", 1, LogTracker())
    unbroken, _ = train(make_plan(epochs=3), tmp_path / "unbroken", 1, LogTracker())
    assert len(record.epochs) == 3
    assert same(path, unbroken)
    assert not (path / checkpoint.NAME).exists()


@pytest.mark.usefixtures("stoppable")
def test_a_stop_within_an_epoch_keeps_its_batches(
    make_plan: MakePlan, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked = iter(range(1_000))
    monkeypatch.setattr(stop, "requested", lambda: next(asked) == 3)
    with pytest.raises(StoppedError, match="in epoch 1 after 3 of 6 batches"):
        train(make_plan(), tmp_path / "broken", 1, LogTracker())
    monkeypatch.undo()
    path, _ = train(make_plan(), tmp_path / "broken", 1, LogTracker())
    unbroken, _ = train(make_plan(), tmp_path / "unbroken", 1, LogTracker())
    assert same(path, unbroken)


def test_two_processes_do_not_train_the_same(make_plan: MakePlan, home: Path) -> None:
    path = home / make_plan().key()
    path.mkdir(parents=True)
    with (path / "lock").open("w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        with pytest.raises(TryLaterError, match="another process"):
            train(make_plan(), home, 1, LogTracker())


def test_a_loss_that_is_no_number_says_so(make_plan: MakePlan, home: Path) -> None:
    with pytest.raises(InputError, match="lower learning_rate than 1e"):
        train(make_plan(learning_rate=1e30), home, 1, LogTracker())


def test_weights_that_are_no_numbers_are_not_saved(
    make_plan: MakePlan, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("mlproject.training.loop.SAVE_SECONDS", 0.0)
    with pytest.raises(InputError, match="the loss of epoch 1 is not a number"):
        train(make_plan(learning_rate=1e30), home, 1, LogTracker())
    (path,) = home.glob(f"*/{checkpoint.NAME}")
    assert all(value.isfinite().all() for value in load_file(path).values())


def test_the_key_follows_the_inputs(make_plan: MakePlan) -> None:
    keys = {make_plan().key(), make_plan().key(), make_plan(seed=1).key(), make_plan("small").key()}
    assert len(keys) == 3


@pytest.mark.parametrize(
    ("split", "says"), [("train", "no texts in split 'train'"), ("validation", "'validation'")]
)
def test_an_empty_split_is_named(make_plan: MakePlan, split: str, says: str) -> None:
    what = make_plan()
    empty = replace(what.dataset, splits={**what.dataset.splits, split: []})
    with pytest.raises(InputError, match=says):
        plan(what.task, empty, Origin("tiny"), {})


def test_a_label_without_texts_is_named(make_plan: MakePlan) -> None:
    what = make_plan()
    others = [example for example in what.dataset.splits["train"] if example.label == 0]
    one = replace(what.dataset, splits={**what.dataset.splits, "train": others})
    with pytest.raises(InputError, match="label 'consultation' has no texts"):
        plan(what.task, one, Origin("tiny"), {})


def test_weights_must_be_as_many_as_labels(make_plan: MakePlan) -> None:
    with pytest.raises(InputError, match="one weight per label, 2 of them"):
        make_plan(focal_alpha=[1.0, 1.0, 1.0])


def small(what: Plan, *splits: str) -> Plan:
    """The first rows alone, each in the split that is named."""
    rows = what.dataset.splits["train"]
    chosen: dict[str, list[Example]] = {}
    for split, row in zip(splits, sorted(rows, key=lambda row: int(row.id)), strict=False):
        chosen.setdefault(split, []).append(row)
    return replace(what, dataset=replace(what.dataset, splits=chosen))


def test_three_rows_are_enough(
    make_plan: MakePlan, home: Path, caplog: pytest.LogCaptureFixture
) -> None:
    what = small(make_plan(), "train", "train", "validation")
    plan(what.task, what.dataset, Origin("tiny"), {})
    assert "label 'consultation' has no texts in split 'validation'" in caplog.text
    _, record = train(what, home, 1, LogTracker())
    assert record.rows == {"train": 2, "validation": 1}
    assert len(record.epochs) == 2


def test_a_text_of_100_000_characters_is_cut(make_plan: MakePlan, home: Path) -> None:
    what = make_plan()
    long = replace(what.dataset.splits["train"][0], text="押金" * 50_000)
    splits = {name: [long, *rows] for name, rows in what.dataset.splits.items()}
    what = replace(what, dataset=replace(what.dataset, splits=splits))
    _, record = train(what, home, 1, LogTracker())
    assert record.metrics["train_loss"] < 1.0


def test_a_smoke_run_takes_a_few_rows(make_plan: MakePlan, home: Path) -> None:
    what = make_plan(preset="smoke", max_texts=20)
    _, record = train(what, home, 1, LogTracker())
    assert record.hyperparameters["max_texts"] == 20
    assert record.epochs[0]["peak_memory_mib"] > 50


PRETRAINING = {"batch_tokens": 512, "max_length": 24}


def test_a_training_starts_from_its_pretraining(make_plan: MakePlan, home: Path) -> None:
    what = make_plan(pretrain=True, pretraining=PRETRAINING, dropout=0.2)
    path, record = train(what, home, 1, LogTracker())
    place = home.parent / "pretraining" / record.pretraining
    assert (place / "manifest.json").is_file()
    assert [point["step"] for point in record.pretrained][-1] > 1
    assert record.base_model == "tiny"
    before, after = weights(place), weights(path)
    name = "embeddings.position_embeddings.weight"
    unread = slice(30, None)  # no text is as long, so fine-tuning leaves these as they were
    assert torch.allclose(
        before[f"bert.{name}"][unread], after[f"encoder.{name}"][unread], rtol=0.01
    )
    assert folder.load(path).model.config.hidden_dropout_prob == 0.2


def test_a_pretraining_serves_every_training_of_its_texts(make_plan: MakePlan, home: Path) -> None:
    one = make_plan(pretrain=True, pretraining=PRETRAINING)
    other = make_plan(pretrain=True, pretraining=PRETRAINING, epochs=1, seed=13, learning_rate=1e-4)
    path, record = train(one, home, 1, LogTracker())
    place = home.parent / "pretraining" / record.pretraining
    written = (place / folder.WEIGHTS).stat().st_mtime_ns
    second, again = train(other, home, 1, LogTracker())
    assert path != second
    assert again.pretrained == record.pretrained
    assert (place / folder.WEIGHTS).stat().st_mtime_ns == written


def test_its_settings_matter_only_where_there_is_one(make_plan: MakePlan) -> None:
    without = {make_plan().key(), make_plan(pretraining=PRETRAINING).key()}
    plans = [make_plan(pretrain=True), make_plan(pretrain=True, pretraining=PRETRAINING)]
    assert len(without) == 1
    assert len(without | {each.key() for each in plans}) == 3
