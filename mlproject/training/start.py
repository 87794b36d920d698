"""The network that a training starts with: new, pretrained first, or gone on with."""

from pathlib import Path

import torch
from tokenizers import Tokenizer

from mlproject.errors import InputError
from mlproject.training import base, characters, checkpoint
from mlproject.training import folder as folders
from mlproject.training.base import Base
from mlproject.training.begun import keep
from mlproject.training.group import Group
from mlproject.training.model import Classifier
from mlproject.training.origin import Origin
from mlproject.training.plan import Plan
from mlproject.training.pretraining.loop import State
from mlproject.training.pretraining.pretrain import pretrain
from mlproject.training.record import Record
from mlproject.training.tracking import Tracker


def pretrained(
    what: Plan, begun: Record, folder: Path, place: torch.device, tracker: Tracker, group: Group
) -> Record:
    """Pretrain where the plan says so, in the run of the training; the record with its curve."""
    if what.pretraining is None:
        return begun
    begun = begun.model_copy(update={"pretraining": what.pretraining.key()})
    run_id = begun.run_id

    def on_point(state: State) -> None:
        nonlocal run_id
        seen = {"run_id": state.run_id or run_id, "pretrained": tuple(state.curve)}
        run_id = state.run_id = tracker.update(begun.model_copy(update=seen), what.dataset)
        if group.first:
            keep(folder, run_id)

    result = pretrain(what.pretraining, _home(folder, begun), place, group, on_point)
    return begun.model_copy(update={"run_id": run_id, "pretrained": result.curve})


def network(what: Plan, begun: Record, folder: Path, group: Group) -> tuple[Classifier, Tokenizer]:
    """A new network, or the shell of the one whose checkpoint is in the folder."""
    made = group.first_does(lambda: _new(what, begun, folder))
    return made or (folders.shell(folder, ngrams=False), folders.tokenizer(folder))


def _new(what: Plan, begun: Record, folder: Path) -> tuple[Classifier, Tokenizer] | None:
    """A network whose shell is in the folder now; None where there is a checkpoint of one."""
    if checkpoint.usable(folder / checkpoint.NAME):
        return None
    parts = _base(what, begun, folder)
    folders.write_shell(folder, parts.config, parts.tokenizer)
    return Classifier(parts.config, parts.encoder), parts.tokenizer


def _base(what: Plan, begun: Record, folder: Path) -> Base:
    """The plan's base model, or what its pretraining made of that."""
    texts = [example.text for example in what.dataset.splits["train"]]
    values, labels = what.values, what.task.labels
    settled = (labels, texts, values.max_length, values.dropout)
    if what.pretraining is None:
        found = base.load(what.origin, *settled)
    else:
        dropout = values.dropout if what.origin.preset else None
        found = base.load(Origin(str(_home(folder, begun))), *settled, dropout)
    if values.segments:
        found.config.segment_line = _end_of_line(found.tokenizer, what.origin)
    return found


def _end_of_line(tokenizer: Tokenizer, origin: Origin) -> int:
    line = characters.line(tokenizer)
    if line == characters.NONE:
        raise InputError(
            f"segments true: the vocabulary of base model {origin.name!r} keeps no end of a line, "
            "so that titles cannot be told from bodies; give segments false, or tiny or small"
        )
    return line


def _home(folder: Path, begun: Record) -> Path:
    """Folder of the pretraining that belongs to the training in ``folder``."""
    return folder.parent.parent / "pretraining" / begun.pretraining
