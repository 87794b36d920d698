"""How much one worker does at a time, from the processor and the settings."""

import os
from dataclasses import dataclass
from pathlib import Path

from mlproject.settings import Settings

CPU_MAX = Path("/sys/fs/cgroup/cpu.max")  # quota and period in microseconds, or "max"
MAX_SESSIONS = 4
BATCH_TOKENS = 256  # more than this does not raise the throughput of a core, only the wait


@dataclass(frozen=True)
class Capacity:
    """What one worker may use."""

    threads: int = 1  # cores of this worker
    sessions: int = 1  # batches that run at the same time
    batch_tokens: int = BATCH_TOKENS  # of one batch, padding included

    @property
    def narrow(self) -> int:
        """Threads of one of several batches that run at the same time."""
        return max(1, self.threads // self.sessions)

    @classmethod
    def of(cls, settings: Settings) -> "Capacity":
        """The cores shared by the workers, unless settings say otherwise."""
        threads = settings.threads or max(1, cores() // settings.service_workers)
        return cls(
            threads=threads,
            sessions=settings.service_sessions or min(threads, MAX_SESSIONS),
            batch_tokens=settings.service_batch_tokens or BATCH_TOKENS,
        )


def cores(cpu_max: Path = CPU_MAX) -> int:
    """Cores that this process may use: its affinity, within a container's quota."""
    found = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
    try:
        quota, period = cpu_max.read_text(encoding="ascii").split()
        return max(1, min(found or 1, round(int(quota) / int(period))))
    except (OSError, ValueError):
        return found or 1
