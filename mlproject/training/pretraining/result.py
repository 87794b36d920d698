"""A finished pretraining: a folder as a hub has it, and a manifest with the hashes of its files."""

import hashlib
import json
from pathlib import Path
from typing import Any

from pydantic import BaseModel, ConfigDict, ValidationError
from safetensors.torch import save_file
from tokenizers import Tokenizer
from transformers import BertConfig

from mlproject.errors import InputError
from mlproject.settings import describe
from mlproject.training.atomic import written
from mlproject.training.folder import CONFIG, TOKENIZER, WEIGHTS
from mlproject.training.pretraining.network import MaskedLanguageModel

MANIFEST = "manifest.json"
TOKENIZER_CONFIG = "tokenizer_config.json"
FILES = (CONFIG, WEIGHTS, TOKENIZER, TOKENIZER_CONFIG)
SPECIAL = {"pad": "[PAD]", "cls": "[CLS]", "sep": "[SEP]", "unk": "[UNK]", "mask": "[MASK]"}


class Result(BaseModel):
    """``manifest.json``. A pretraining is finished when the file is there."""

    model_config = ConfigDict(frozen=True)

    format: int = 1
    base_model: str  # what it began from: name, commit or hash
    settings: dict[str, Any]
    device: str
    texts: int
    tokens: int  # of all texts, truncated
    seconds: float  # spent in batches, over all restarts
    # step, loss (mean over the hidden tokens since the point before), learning_rate,
    # tokens_per_second, peak_memory_mib, time (Unix seconds)
    curve: tuple[dict[str, float], ...]
    files: dict[str, str] = {}  # name: SHA-256


def write_shell(folder: Path, config: BertConfig, tokenizer: Tokenizer) -> None:
    """All but the weights; the tokenizer does not truncate."""
    config.architectures = ["BertForMaskedLM"]
    whole = Tokenizer.from_str(tokenizer.to_str())
    whole.no_truncation()
    names = {f"{name}_token": piece for name, piece in SPECIAL.items()}
    described = {"tokenizer_class": "PreTrainedTokenizerFast", **names}
    texts = {
        CONFIG: config.to_json_string(use_diff=False),
        TOKENIZER: whole.to_str(pretty=True),
        TOKENIZER_CONFIG: json.dumps(described, indent=2) + "\n",
    }
    for name, text in texts.items():
        with written(folder / name) as partial:
            partial.write_text(text, encoding="utf-8")


def write(folder: Path, model: MaskedLanguageModel, result: Result) -> Result:
    """Write the weights and, last, the manifest with the hash of every file."""
    with written(folder / WEIGHTS) as partial:
        tensors = {name: value.contiguous() for name, value in model.state_dict().items()}
        save_file(tensors, partial, metadata={"format": "pt"})
    result = result.model_copy(update={"files": {name: _hash(folder / name) for name in FILES}})
    with written(folder / MANIFEST) as partial:
        partial.write_text(result.model_dump_json(indent=2) + "\n", encoding="utf-8")
    return result


def read(folder: Path) -> Result:
    """The manifest of a finished pretraining whose files are what it says.

    Raises:
        InputError: a file is missing or another one.
    """
    try:
        result = Result.model_validate_json((folder / MANIFEST).read_bytes())
        wrong = [name for name, sha256 in result.files.items() if _hash(folder / name) != sha256]
    except ValidationError as error:
        raise InputError(f"pretraining {folder / MANIFEST}: {describe(error)}") from None
    except OSError as error:
        raise InputError(f"pretraining {folder}: {error.strerror}: {error.filename}") from None
    if wrong:
        raise InputError(
            f"pretraining {folder / wrong[0]}: its sha256 is not the manifest's: remove the "
            "folder to pretrain again"
        )
    return result


def _hash(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
