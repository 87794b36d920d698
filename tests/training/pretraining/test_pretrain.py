import json
import os
import signal
from dataclasses import replace
from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file
from tokenizers import Tokenizer
from transformers import AutoTokenizer, BertForMaskedLM, BertModel

from mlproject import stop
from mlproject.dataset.read import Dataset
from mlproject.errors import InputError, StoppedError, TryLaterError
from mlproject.task import Training
from mlproject.training import checkpoint
from mlproject.training.group import Group
from mlproject.training.origin import Origin
from mlproject.training.pretraining import result
from mlproject.training.pretraining.job import Job, job
from mlproject.training.pretraining.loop import State
from mlproject.training.pretraining.pretrain import pretrain
from mlproject.training.pretraining.result import Result
from tests.training.test_train import stoppable as stoppable

CPU = torch.device("cpu")
SHORT = {"batch_tokens": 512, "max_length": 32, "learning_rate": 1e-3}


def made(dataset: Dataset, **wanted: object) -> Job:
    values = Training.model_validate({"pretraining": {**SHORT, **wanted}})
    return job(Origin("tiny"), dataset, values)


def ran(what: Job, folder: Path, stop_at: int = -1) -> Result:
    """Pretrained in ``folder``; asked to stop when the curve has so many points."""

    def on_point(state: State) -> None:
        if len(state.curve) == stop_at:
            os.kill(os.getpid(), signal.SIGTERM)

    return pretrain(what, folder, CPU, Group(), on_point)


def same(one: Path, other: Path) -> bool:
    left, right = (load_file(folder / "model.safetensors") for folder in (one, other))
    return left.keys() == right.keys() and all(torch.equal(left[n], right[n]) for n in left)


def test_the_folder_is_one_of_a_hub(toy: Dataset, tmp_path: Path) -> None:
    found = ran(made(toy, epochs=3), tmp_path)
    assert found.curve[-1]["loss"] < found.curve[0]["loss"] - 1
    whole = BertForMaskedLM.from_pretrained(tmp_path)
    weights = load_file(tmp_path / "model.safetensors")
    assert set(whole.state_dict()) - set(weights) == {
        "cls.predictions.decoder.weight",
        "cls.predictions.decoder.bias",
    }
    assert torch.equal(whole.cls.predictions.bias, weights["cls.predictions.bias"])
    encoder = BertModel.from_pretrained(tmp_path, add_pooling_layer=False)
    name = "encoder.layer.1.output.dense.weight"
    assert torch.equal(encoder.state_dict()[name], weights[f"bert.{name}"])
    tokenizer = AutoTokenizer.from_pretrained(tmp_path)
    own = Tokenizer.from_file(str(tmp_path / "tokenizer.json"))
    text = "押金被拖着不给，能起诉吗"
    assert tokenizer(text)["input_ids"] == own.encode(text).ids


def test_the_manifest_has_the_hashes_and_what_was_done(toy: Dataset, tmp_path: Path) -> None:
    what = made(toy)
    found = ran(what, tmp_path)
    assert result.read(tmp_path) == found
    assert set(found.files) == {
        *("config.json", "model.safetensors", "tokenizer.json", "tokenizer_config.json")
    }
    assert found.texts == len(what.texts) == 192
    assert found.base_model == "tiny"


@pytest.mark.usefixtures("stoppable")
def test_a_stopped_pretraining_ends_with_the_weights_of_an_unbroken_one(
    toy: Dataset, tmp_path: Path
) -> None:
    what = made(toy, epochs=3)
    with pytest.raises(StoppedError, match="goes on from"):
        ran(what, tmp_path / "broken", stop_at=9)
    assert (tmp_path / "broken" / checkpoint.NAME).is_file()
    stop._requested.clear()
    found = ran(what, tmp_path / "broken")
    unbroken = ran(what, tmp_path / "unbroken")
    assert same(tmp_path / "broken", tmp_path / "unbroken")
    assert [p["loss"] for p in found.curve] == [p["loss"] for p in unbroken.curve]
    assert not (tmp_path / "broken" / checkpoint.NAME).exists()


def test_what_is_done_is_not_done_again(toy: Dataset, tmp_path: Path) -> None:
    first = ran(made(toy), tmp_path)
    written = (tmp_path / "model.safetensors").stat().st_mtime_ns
    assert ran(made(toy), tmp_path) == first
    assert (tmp_path / "model.safetensors").stat().st_mtime_ns == written


def test_a_damaged_folder_is_refused(toy: Dataset, tmp_path: Path) -> None:
    ran(made(toy), tmp_path)
    with (tmp_path / "tokenizer.json").open("a") as file:
        file.write(" ")
    with pytest.raises(InputError, match=r"tokenizer\.json: its sha256 is not the manifest's"):
        ran(made(toy), tmp_path)


def test_the_key_follows_texts_settings_and_weights(toy: Dataset) -> None:
    what = made(toy)
    fewer = replace(what, texts=what.texts[1:])
    keys = {
        *(what.key(), fewer.key(), made(toy, epochs=2).key()),
        replace(what, origin=Origin("small")).key(),
    }
    assert len(keys) == 4


def test_labels_do_not_matter_to_the_key(toy: Dataset) -> None:
    rows = [replace(row, label=1 - row.label) for row in reversed(toy.splits["train"])]
    turned = replace(toy, splits={**toy.splits, "train": rows})
    assert made(turned).key() == made(toy).key()


def test_no_text_of_another_split_is_read(toy: Dataset) -> None:
    held = {row.text for name in ("validation", "test") for row in toy.splits[name]}
    assert not held & set(made(toy).texts)


def test_steps_and_texts_can_be_limited(toy: Dataset, tmp_path: Path) -> None:
    what = made(toy, steps=2, max_texts=50)
    assert 25 <= len(what.texts) <= 50
    assert ran(what, tmp_path).curve[-1]["step"] == 2


def test_time_can_be_limited_and_the_rate_comes_down(toy: Dataset, tmp_path: Path) -> None:
    found = ran(made(toy, epochs=1000, max_minutes=0.02), tmp_path)
    assert found.seconds < 30
    assert found.curve[-1]["learning_rate"] < 0.2 * SHORT["learning_rate"]


def test_a_loss_that_is_no_number_says_so(toy: Dataset, tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"lower pretraining\.learning_rate than 1e\+30"):
        ran(made(toy, epochs=5, learning_rate=1e30), tmp_path)


def test_two_processes_do_not_pretrain_the_same(toy: Dataset, tmp_path: Path) -> None:
    def on_point(state: State) -> None:
        ran(made(toy), tmp_path)

    with pytest.raises(TryLaterError, match="another process"):
        pretrain(made(toy), tmp_path, CPU, Group(), on_point)


def test_a_folder_is_gone_on_with(toy: Dataset, tmp_path: Path) -> None:
    """Its head too: the loss begins where it ended."""
    first = ran(made(toy, epochs=6), tmp_path / "first")
    values = Training.model_validate({"pretraining": {**SHORT, "learning_rate": 1e-6}})
    begun = Origin(str(tmp_path / "first"))
    second = ran(job(begun, toy, values), tmp_path / "second")
    assert second.curve[0]["loss"] < first.curve[0]["loss"] - 1
    assert second.base_model.startswith("first@")


def test_a_vocabulary_without_mask_is_refused(toy: Dataset, tmp_path: Path) -> None:
    ran(made(toy), tmp_path / "first")
    file = tmp_path / "first" / "tokenizer.json"
    file.write_text(json.dumps(json.loads(file.read_text())).replace("[MASK]", "[GAP]"))
    values = Training.model_validate({"pretraining": SHORT})
    with pytest.raises(InputError, match=r"no \[MASK\]"):
        ran(job(Origin(str(tmp_path / "first")), toy, values), tmp_path / "second")
