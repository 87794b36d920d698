import json
from pathlib import Path

import pytest
import torch
from safetensors.torch import save_file
from transformers import BertConfig, BertModel

from mlproject.errors import InputError
from mlproject.training import base
from mlproject.training.origin import Origin
from mlproject.training.vocabulary import train

TEXTS = ["公司拖欠工资", "借钱"]
LABELS = ("other", "consultation")


@pytest.fixture
def pretrained(tmp_path: Path) -> Path:
    """A BERT folder as a hub has it: config, tokenizer, safetensors."""
    tokenizer = train(TEXTS, 50, 1)
    tokenizer.save(str(tmp_path / "tokenizer.json"))
    (tmp_path / "tokenizer_config.json").write_text(
        json.dumps({"tokenizer_class": "BertTokenizerFast"})
    )
    config = BertConfig(
        vocab_size=tokenizer.get_vocab_size(),
        hidden_size=16,
        num_hidden_layers=1,
        num_attention_heads=2,
        intermediate_size=32,
        max_position_embeddings=32,
    )
    BertModel(config).save_pretrained(tmp_path)
    return tmp_path


def test_tiny_has_two_layers_and_a_vocabulary_of_its_own() -> None:
    found = base.load(Origin("tiny"), LABELS, TEXTS * 2, 64, 0.2)
    assert (found.config.num_hidden_layers, found.config.hidden_size) == (2, 128)
    assert found.config.num_labels == 2
    assert found.config.classifier_dropout == 0.2
    assert found.tokenizer.encode("借钱").tokens == ["[CLS]", "借钱", "[SEP]"]
    assert found.encoder is not None  # its embeddings begin with what stands near what


def test_a_folder_gives_its_weights_and_its_tokenizer(pretrained: Path) -> None:
    found = base.load(Origin(str(pretrained)), LABELS, [], 16, 0.1)
    expected = BertModel.from_pretrained(pretrained).state_dict()
    assert found.encoder is not None
    for name, value in found.encoder.state_dict().items():
        assert torch.equal(value, expected[name]), name
    assert found.tokenizer.encode("借钱").tokens == ["[CLS]", "借", "钱", "[SEP]"]


def test_more_positions_than_the_base_knows_are_refused(pretrained: Path) -> None:
    with pytest.raises(InputError, match=r"max_length 64: .* 32 positions"):
        base.load(Origin(str(pretrained)), LABELS, [], 64, 0.1)


def test_a_folder_without_safetensors_is_refused(pretrained: Path) -> None:
    (pretrained / "model.safetensors").rename(pretrained / "model.bin")
    with pytest.raises(InputError, match="cannot be had"):
        base.load(Origin(str(pretrained)), LABELS, [], 16, 0.1)


def test_another_architecture_is_refused(tmp_path: Path) -> None:
    (tmp_path / "config.json").write_text(json.dumps({"model_type": "gpt2"}))
    with pytest.raises(InputError, match="'gpt2'"):
        base.load(Origin(str(tmp_path)), LABELS, [], 16, 0.1)


def test_other_weights_are_another_base(pretrained: Path) -> None:
    before = Origin(str(pretrained)).identity()
    with (pretrained / "model.safetensors").open("ab") as file:
        file.write(b"x")
    assert Origin(str(pretrained)).identity() != before


def test_a_hub_that_cannot_be_reached_is_one_line_with_the_ways_out(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_OFFLINE", True)
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_CACHE", str(tmp_path))
    with pytest.raises(InputError) as caught:
        base.load(Origin("bert-base-chinese"), LABELS, [], 16, 0.1)
    said = str(caught.value)
    assert "\n" not in said
    for word in (
        "'bert-base-chinese'",
        "MLPROJECT_BASE_MODEL",
        "folder",
        "tiny",
        "small",
        "base",
        "corpus",
    ):
        assert word in said


def test_random_weights_take_the_vocabulary_of_a_file(pretrained: Path) -> None:
    origin = Origin("tiny", vocabulary=str(pretrained / "tokenizer.json"))
    found = base.load(origin, LABELS, TEXTS, 16, 0.1)
    assert found.tokenizer.encode("借钱").tokens == ["[CLS]", "借", "钱", "[SEP]"]
    assert found.config.vocab_size == found.tokenizer.get_vocab_size()


def test_a_folder_without_the_weights_of_an_encoder_is_refused(pretrained: Path) -> None:
    save_file({"other": torch.zeros(1)}, pretrained / "model.safetensors", {"format": "pt"})
    with pytest.raises(InputError, match=r"has no weights .*: not a BERT"):
        base.load(Origin(str(pretrained)), LABELS, [], 16, 0.1)


@pytest.mark.parametrize("kept", [-100, 0])
def test_weights_that_are_cut_short_are_one_line(pretrained: Path, kept: int) -> None:
    file = pretrained / "model.safetensors"
    file.write_bytes(file.read_bytes()[:kept])
    with pytest.raises(InputError, match=r"model\.safetensors cannot be read .*: it is cut short"):
        base.load(Origin(str(pretrained)), LABELS, [], 16, 0.1)


def test_a_pointer_of_git_lfs_is_one_line(pretrained: Path) -> None:
    pointer = "version https://git-lfs.github.com/spec/v1\noid sha256:ab\nsize 12\n"
    (pretrained / "model.safetensors").write_text(pointer)
    with pytest.raises(InputError, match=r"a pointer of Git LFS in its place"):
        base.load(Origin(str(pretrained)), LABELS, [], 16, 0.1)


def test_weights_of_another_shape_are_named(pretrained: Path) -> None:
    values = json.loads((pretrained / "config.json").read_text())
    (pretrained / "config.json").write_text(json.dumps(values | {"intermediate_size": 40}))
    with pytest.raises(InputError, match=r"\[32\] in model\.safetensors and \[40\] by config"):
        base.load(Origin(str(pretrained)), LABELS, [], 16, 0.1)
