"""The processes that train one network together, as ``torchrun`` starts them."""

import logging
import os
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TypeVar, cast

import torch
import torch.distributed as dist
from torch import Tensor, nn

from mlproject.errors import MlprojectError

T = TypeVar("T")


@dataclass(frozen=True)
class Group:
    """One process of several; alone nothing is sent."""

    rank: int = 0
    size: int = 1
    local_rank: int = 0  # on this machine
    local: int = 1  # processes on this machine

    @property
    def first(self) -> bool:
        """Whether this process writes files and talks to MLflow."""
        return self.rank == 0

    def add(self, tensors: Iterable[Tensor]) -> None:
        """Replace each tensor by its sum over the processes."""
        if self.size > 1:
            several = list(tensors)
            whole = torch.cat([tensor.flatten() for tensor in several])
            dist.all_reduce(whole)
            sizes = [tensor.numel() for tensor in several]
            for tensor, part in zip(several, torch.split(whole, sizes), strict=True):
                tensor.copy_(part.view_as(tensor))

    def any(self, here: bool) -> bool:
        """Whether it is so in one of the processes."""
        if self.size == 1:
            return here
        said = torch.tensor(int(here))
        dist.all_reduce(said, dist.ReduceOp.MAX)
        return bool(said)

    def agree(self, here: bool) -> bool:
        """What the first process says."""
        return self.any(here and self.first)

    def same(self, compute: Callable[[], T]) -> T:
        """What the first process computes, in all of them; where it fails, all of them do."""
        return cast(T, self._of_first(compute, share=True))

    def first_does(self, compute: Callable[[], T]) -> T | None:
        """What the first process computes; None in the others, which wait for it.

        Where it fails they fail too, of the same kind of error: none must wait for one that is
        gone, nor end with another exit code.
        """
        return self._of_first(compute, share=False)

    def _of_first(self, compute: Callable[[], T], share: bool) -> T | None:
        if self.size == 1:
            return compute()
        result, failure = None, None
        if self.first:
            try:
                result = compute()
            except BaseException as error:
                failure = error
        told = [(_told(failure), result if share else None)]
        dist.broadcast_object_list(told, 0)
        error_of_first, found = told[0]
        if failure is not None:
            raise failure
        if error_of_first is not None:
            raise error_of_first
        return result if self.first else found

    def wait(self) -> None:
        """Until all processes are here."""
        self.any(False)

    def spread(self, model: nn.Module) -> None:
        """Give every process the first one's weights."""
        if self.size > 1:
            for value in model.state_dict().values():
                dist.broadcast(value, 0)


def _told(failure: BaseException | None) -> MlprojectError | None:
    if failure is None or isinstance(failure, MlprojectError):
        return failure
    return MlprojectError(f"the first process failed: {type(failure).__name__}: {failure}")


@contextmanager
def of_environment(environ: Mapping[str, str] = os.environ) -> Iterator[Group]:
    """The group that ``torchrun`` describes; without it this process is alone."""
    size = int(environ.get("WORLD_SIZE", "1"))
    if size == 1:
        yield Group()
        return
    rank = int(environ["RANK"])
    if rank:
        logging.getLogger().setLevel(logging.WARNING)
    backend = "cpu:gloo,cuda:nccl" if torch.cuda.is_available() else "gloo"
    dist.init_process_group(backend)
    try:
        yield Group(rank, size, int(environ["LOCAL_RANK"]), int(environ["LOCAL_WORLD_SIZE"]))
    finally:
        dist.destroy_process_group()
