"""Pretrain one network: from texts to a folder that a training starts from."""

import logging
from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path

import torch
from tokenizers import Tokenizer
from transformers import BertConfig

from mlproject.errors import InputError
from mlproject.training import checkpoint, device
from mlproject.training.folder import CONFIG, TOKENIZER
from mlproject.training.group import Group
from mlproject.training.lock import alone
from mlproject.training.pretraining import network, result, words
from mlproject.training.pretraining.job import Job
from mlproject.training.pretraining.loop import Loop, State
from mlproject.training.pretraining.masking import Mask
from mlproject.training.pretraining.network import MaskedLanguageModel
from mlproject.training.pretraining.result import SPECIAL, Result
from mlproject.training.tokens import prepare

log = logging.getLogger(__name__)


def pretrain(
    what: Job, folder: Path, place: torch.device, group: Group, on_point: Callable[[State], None]
) -> Result:
    """The pretraining in ``folder``, done now or found.

    ``on_point`` hears of the progress first of all and at each point of the curve.

    Raises:
        StoppedError: a stop was asked for; the next call goes on.
        TryLaterError: another process pretrains the same, or the disk is full.
        InputError: the base model cannot be had, or a finished folder is damaged.
    """
    folder.mkdir(parents=True, exist_ok=True)
    with ExitStack() as held:
        group.first_does(lambda: held.enter_context(alone(folder)))
        if group.agree((folder / result.MANIFEST).is_file()):
            log.info("pretraining %s is finished: its weights are used", folder)
            return result.read(folder)
        return _pretrain(what, folder, place, group, on_point)


def _pretrain(
    what: Job, folder: Path, place: torch.device, group: Group, on_point: Callable[[State], None]
) -> Result:
    values = what.values
    log.info("pretraining %s: preparing %d texts", folder.name, len(what.texts))
    torch.manual_seed(values.seed)
    model, tokenizer = _network(what, folder, group)
    model.drop(values.pretraining.dropout)
    encoded = words.encode(what.texts, tokenizer, place, values.pretraining.whole_words)
    path = folder / checkpoint.NAME
    loop = Loop(model, encoded, values, _mask(what, tokenizer, place), path, group)
    group.spread(model)
    tokens = int(encoded.tokens.lengths.sum())
    log.info("pretraining %s: %d tokens, %d batches", folder.name, tokens, loop.steps)
    on_point(loop.state)
    state = loop.run(on_point)
    found = Result(
        base_model=what.origin.identity(),
        settings=values.pretraining.model_dump(mode="json"),
        device=device.name(place),
        texts=len(what.texts),
        tokens=tokens,
        seconds=state.seconds,
        curve=tuple(state.curve),
    )
    if group.first:
        found = result.write(folder, model, found)
        path.unlink(missing_ok=True)
    group.wait()  # for the files of the first one
    return found


def _network(what: Job, folder: Path, group: Group) -> tuple[MaskedLanguageModel, Tokenizer]:
    """A new network, or the shell of the one whose checkpoint is in the folder."""
    return group.first_does(lambda: _new(what, folder)) or _shell(what, folder)


def _new(what: Job, folder: Path) -> tuple[MaskedLanguageModel, Tokenizer] | None:
    """A network whose shell is in the folder now; None where there is a checkpoint of one."""
    if checkpoint.usable(folder / checkpoint.NAME):
        return None
    length = what.values.pretraining.max_length
    model, tokenizer = network.begin(what.origin, what.texts, length)
    result.write_shell(folder, model.config, tokenizer)
    return model, tokenizer


def _shell(what: Job, folder: Path) -> tuple[MaskedLanguageModel, Tokenizer]:
    model = MaskedLanguageModel(BertConfig.from_json_file(folder / CONFIG))
    tokenizer = Tokenizer.from_file(str(folder / TOKENIZER))
    return model, prepare(tokenizer, what.values.pretraining.max_length)


def _mask(what: Job, tokenizer: Tokenizer, place: torch.device) -> Mask:
    special = {name: tokenizer.token_to_id(piece) for name, piece in SPECIAL.items()}
    if special["mask"] is None:
        raise InputError(f"base model {what.origin.name!r}: its vocabulary has no [MASK]")
    known = [number for number in special.values() if number is not None]
    return Mask(
        what.values.pretraining.mask_share,
        special["mask"],
        tokenizer.get_vocab_size(),
        torch.tensor(known, device=place),
    )
