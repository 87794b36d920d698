"""The files of a training folder: configuration, tokenizer, weights."""

from dataclasses import dataclass
from pathlib import Path

from safetensors import SafetensorError
from safetensors.torch import load_file, save_file
from tokenizers import Tokenizer
from torch import Tensor
from transformers import BertConfig

from mlproject.errors import InputError
from mlproject.training import record
from mlproject.training.atomic import written
from mlproject.training.model import Classifier
from mlproject.training.ngrams import Ngrams
from mlproject.training.record import Record

WEIGHTS = "model.safetensors"
CONFIG = "config.json"
TOKENIZER = "tokenizer.json"


@dataclass(frozen=True)
class Trained:
    model: Classifier  # on the CPU, in evaluation mode
    tokenizer: Tokenizer  # truncates to the record's max_length, does not pad
    record: Record


def load(folder: Path) -> Trained:
    """A finished training.

    Raises:
        InputError: the folder holds none.
    """
    found = record.read(folder)
    model = shell(folder)
    try:
        model.load_state_dict(load_file(folder / WEIGHTS))
    except (OSError, SafetensorError, RuntimeError) as error:
        reason = " ".join(str(error).split())
        raise InputError(
            f"training {folder / WEIGHTS}: cannot be read ({reason[:200]}): train again, or copy "
            "the folder again"
        ) from None
    return Trained(model.eval(), tokenizer(folder), found)


def newest(home: Path, task: str) -> Path:
    """The task's latest finished training under ``home``.

    Raises:
        InputError: there is none.
    """
    files = sorted(home.glob(f"*/{record.NAME}"), key=lambda path: path.stat().st_mtime)
    for path in reversed(files):
        if record.read(path.parent).task == task:
            return path.parent
    raise InputError(f"no finished training of task {task!r} under {home}: run the step train")


def shell(folder: Path, ngrams: bool = True) -> Classifier:
    """The network of the folder with weights yet to be loaded; the encoder's alone without n-grams.

    They are only there when a training is finished.
    """
    config = BertConfig.from_json_file(folder / CONFIG)
    if not ngrams:
        config.ngram_sizes = None
    return Classifier(config)


def tokenizer(folder: Path) -> Tokenizer:
    return Tokenizer.from_file(str(folder / TOKENIZER))


def write_shell(folder: Path, config: BertConfig, tokenizer: Tokenizer) -> None:
    with written(folder / CONFIG) as partial:
        partial.write_text(config.to_json_string(use_diff=False), encoding="utf-8")
    with written(folder / TOKENIZER) as partial:
        tokenizer.save(str(partial))


def write_ngrams(folder: Path, ngrams: Ngrams) -> None:
    """Say in the configuration which n-grams the weights have."""
    config = BertConfig.from_json_file(folder / CONFIG)
    config.ngram_sizes = {view: list(sizes) for view, sizes in ngrams.sizes.items()}
    config.ngram_table = list(ngrams.table.shape)
    config.ngram_line = ngrams.line
    with written(folder / CONFIG) as partial:
        partial.write_text(config.to_json_string(use_diff=False), encoding="utf-8")


def write_weights(folder: Path, weights: dict[str, Tensor]) -> None:
    with written(folder / WEIGHTS) as partial:
        save_file(weights, partial)
