"""What else goes on while something is measured."""

import os
import resource

import psutil

CORES = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


class Watch:
    """Processor time from its making on.

    ``server`` is a process whose family is measured, beside this process's own ended children.
    """

    def __init__(self, server: psutil.Process) -> None:
        self._server = server
        self._begun = self._now()

    def end(self) -> tuple[float, float]:
        """Share of all cores that others took, 0 to 1; seconds that the server took."""
        spans = [now - begun for now, begun in zip(self._now(), self._begun, strict=True)]
        busy, total, server, children = spans
        return max(0.0, (busy - server - children) / total) if total else 0.0, server

    def _now(self) -> tuple[float, float, float, float]:
        times = psutil.cpu_times()
        total = sum(times) - times.guest - times.guest_nice  # those two are in user and nice too
        children = resource.getrusage(resource.RUSAGE_CHILDREN)
        ended = children.ru_utime + children.ru_stime
        return total - times.idle - times.iowait, total, family_seconds(self._server), ended


def family(process: psutil.Process) -> list[psutil.Process]:
    return [process, *process.children(recursive=True)]


def family_seconds(process: psutil.Process) -> float:
    """Processor time of a process and its living children."""
    total = 0.0
    for each in family(process):
        try:
            times = each.cpu_times()
        except psutil.NoSuchProcess:
            continue
        total += times.user + times.system
    return total


def largest_mb(process: psutil.Process) -> float:
    """Resident memory of the largest process of a family, which is the worker."""
    return max(each.memory_info().rss for each in family(process)) / 1e6
