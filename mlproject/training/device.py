"""Where the network runs, and in what precision."""

import os
import platform
import resource
import sys
from contextlib import AbstractContextManager, nullcontext

import torch

from mlproject.errors import InputError
from mlproject.training.group import Group

TYPES = {"bf16": torch.bfloat16, "fp16": torch.float16, "fp32": torch.float32}
MB = 1 << 20
BF16_INSTRUCTIONS = ("_is_avx512_bf16_supported", "_is_amx_tile_supported")  # of torch.cpu


def choose(threads: int, group: Group | None = None) -> torch.device:
    """This process's GPU where there is one, else the CPU with that many threads.

    ``threads`` 0 is one per core, shared by the processes of ``group`` on this machine.
    """
    here = group.local if group else 1
    torch.set_num_threads(threads or max(1, cores() // here))
    if torch.cuda.is_available():
        torch.set_float32_matmul_precision("high")
        device = torch.device("cuda", group.local_rank if group else 0)
        torch.cuda.set_device(device)
        return device
    return torch.device("cpu")


def cores() -> int:
    """Cores that this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def name(device: torch.device) -> str:
    if device.type == "cuda":
        return f"cuda ({torch.cuda.get_device_name(device)})"
    return f"cpu ({torch.get_num_threads()} threads)"


def number_type(device: torch.device, wanted: str = "auto") -> torch.dtype:
    """What is multiplied: as ``wanted``, or (auto) the shortest type that the hardware multiplies.

    On a CPU with AVX-512 BF16 products of bf16 are four times as fast. A T4 has fp16 only.

    Raises:
        InputError: the type is not known.
    """
    if wanted in TYPES:
        return TYPES[wanted]
    if wanted != "auto":
        raise InputError(f"precision {wanted!r}: give one of auto, {', '.join(TYPES)}")
    if device.type == "cuda":
        whole = torch.cuda.is_bf16_supported(including_emulation=False)
        return torch.bfloat16 if whole else torch.float16
    return torch.bfloat16 if _multiplies_bf16() else torch.float32


def precision(device: torch.device, wanted: str = "auto") -> AbstractContextManager[object]:
    """Autocast to ``number_type``; weights stay float32."""
    kind = number_type(device, wanted)
    return nullcontext() if kind is torch.float32 else torch.autocast(device.type, dtype=kind)


def peak_memory(device: torch.device) -> float:
    """Most that this process has held so far, in MiB: of the GPU, or of main memory."""
    if device.type == "cuda":
        return torch.cuda.max_memory_allocated(device) / MB
    unit = 1 if sys.platform == "darwin" else 1024  # bytes
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * unit / MB


def _multiplies_bf16() -> bool:
    """Whether this CPU does: oneDNN also says so where it only emulates it, four times slower."""
    if not torch.backends.mkldnn.is_available():  # type: ignore[no-untyped-call]
        return False
    if not torch.ops.mkldnn._is_mkldnn_bf16_supported():
        return False
    x86 = platform.machine().lower() in ("x86_64", "amd64")
    return not x86 or any(getattr(torch.cpu, name, bool)() for name in BF16_INSTRUCTIONS)
