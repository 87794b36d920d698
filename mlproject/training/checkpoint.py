"""Everything that a training needs to go on, in one safetensors file.

Tensors: ``model.NAME``, ``best.NAME`` (the best epoch so far), ``optimizer.NAME.KEY`` and the
random generators; the progress is JSON in the file's metadata, beside a checksum of the tensors.
One file is replaced at once, so a killed process leaves the checkpoint before or the one after.
"""

import json
import logging
import zlib
from pathlib import Path
from typing import TypeVar

import torch
from pydantic import BaseModel
from safetensors import SafetensorError, safe_open
from safetensors.torch import load_file, save_file
from torch import Tensor, nn

from mlproject.training.atomic import written

log = logging.getLogger(__name__)
NAME = "checkpoint.safetensors"


class State(BaseModel):
    """How far a training is."""

    epoch: int = 1
    step: int = 0  # batches of that epoch that are done
    loss_sum: float = 0.0  # over the texts of that epoch
    seconds: float = 0.0
    run_id: str = ""
    epochs: list[dict[str, float]] = []
    best_epoch: int = 0
    micro_tokens: int = 0  # of one part of a batch; 0: as the settings say
    scaler: dict[str, float] = {}  # of fp16


Progress = TypeVar("Progress", bound=BaseModel)


def save(
    path: Path,
    model: nn.Module,
    optimizer: torch.optim.Optimizer,
    best: dict[str, Tensor],
    state: BaseModel,
) -> None:
    """Replace the checkpoint.

    Raises:
        TryLaterError: the disk does not take it; the one before stays.
    """
    tensors = {f"model.{name}": value for name, value in model.state_dict().items()}
    tensors |= {f"best.{name}": value for name, value in best.items()}
    for name, parameter in model.named_parameters():
        for key, value in optimizer.state.get(parameter, {}).items():
            tensors[f"optimizer.{name}.{key}"] = value
    tensors["random.cpu"] = torch.get_rng_state()
    if torch.cuda.is_available():
        tensors["random.cuda"] = torch.cuda.get_rng_state()
    whole = {name: value.detach().cpu().contiguous() for name, value in tensors.items()}
    with written(path) as partial:
        metadata = {"state": state.model_dump_json(), "crc32": _sum(whole)}
        save_file(whole, partial, metadata=metadata)


def usable(path: Path) -> bool:
    """Whether there is a whole checkpoint; one that cannot be read is removed."""
    if not path.is_file():
        return False
    try:
        json.loads(_metadata(path)["state"])
        if _metadata(path)["crc32"] == _sum(load_file(path)):
            return True
        error: Exception = ValueError("its checksum is another")
    except (SafetensorError, ValueError, KeyError, TypeError) as caught:
        error = caught
    log.warning("%s is damaged (%s): starting from the first epoch", path, error)
    path.unlink()
    return False


def restore(
    path: Path,
    model: nn.Module,
    optimizer: torch.optim.Optimizer,
    device: torch.device,
    kind: type[Progress],
) -> tuple[Progress, dict[str, Tensor]]:
    """Bring model, optimiser and generators back; progress and the best weights are returned.

    Without a checkpoint nothing changes and the progress is empty.
    """
    if not path.is_file():
        return kind(), {}
    state, tensors = kind.model_validate_json(_metadata(path)["state"]), load_file(path)
    model.load_state_dict(_part(tensors, "model."))
    for name, parameter in model.named_parameters():
        slots = _part(tensors, f"optimizer.{name}.")
        if slots:
            optimizer.state[parameter] = {
                key: value.to(device, copy=True) for key, value in slots.items()
            }
    torch.set_rng_state(tensors["random.cpu"])
    if device.type == "cuda" and "random.cuda" in tensors:
        torch.cuda.set_rng_state(tensors["random.cuda"])
    return state, _part(tensors, "best.")


def _metadata(path: Path) -> dict[str, str]:
    with safe_open(path, framework="pt") as file:
        metadata: dict[str, str] = file.metadata()
    return metadata


def _sum(tensors: dict[str, Tensor]) -> str:
    total = 0
    for name in sorted(tensors):
        data = tensors[name].flatten().view(torch.uint8).numpy()
        total = zlib.crc32(data.data, zlib.crc32(name.encode(), total))
    return f"{total:08x}"


def _part(tensors: dict[str, Tensor], prefix: str) -> dict[str, Tensor]:
    return {
        name.removeprefix(prefix): value
        for name, value in tensors.items()
        if name.startswith(prefix)
    }
