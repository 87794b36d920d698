import os
from pathlib import Path

import pytest
import torch

from mlproject.errors import InputError
from mlproject.training import device
from mlproject.training.group import Group

CPU = torch.device("cpu")


def test_bf16_is_chosen_where_the_processor_multiplies_it() -> None:
    described = Path("/proc/cpuinfo")
    if "flags" not in (described.read_text() if described.is_file() else ""):
        pytest.skip("what this processor can is not known")
    words = described.read_text().split()
    expected = torch.bfloat16 if {"avx512_bf16", "amx_bf16"} & set(words) else torch.float32
    assert device.number_type(CPU) is expected


def test_a_processor_that_emulates_bf16_multiplies_float32(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("platform.machine", lambda: "x86_64")
    for name in device.BF16_INSTRUCTIONS:
        assert hasattr(torch.cpu, name)
        monkeypatch.setattr(torch.cpu, name, lambda: False)
    assert device.number_type(CPU) is torch.float32


def test_a_precision_that_is_asked_for_is_taken() -> None:
    assert device.number_type(CPU, "fp16") is torch.float16
    with pytest.raises(InputError, match="'fp8': give one of auto, bf16"):
        device.number_type(CPU, "fp8")


@pytest.mark.parametrize(("threads", "local"), [(1, 1), (3, 1), (0, 1), (0, 1_000)])
def test_threads_are_as_asked_or_the_share_of_the_cores(threads: int, local: int) -> None:
    before = torch.get_num_threads()
    try:
        assert device.choose(threads, Group(local=local)) == CPU
        assert torch.get_num_threads() == (threads or max(1, device.cores() // local))
        assert device.name(CPU) == f"cpu ({torch.get_num_threads()} threads)"
    finally:
        torch.set_num_threads(before)


def test_the_memory_of_a_process_is_in_mebibytes() -> None:
    whole = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / device.MB
    assert 50 < device.peak_memory(CPU) < whole
