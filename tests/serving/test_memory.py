import os
import subprocess
import sys

import psutil
import pytest

from mlproject.serving.memory import HUGE_PAGES, TUNABLES, give_back, huge_pages


@pytest.mark.skipif(sys.platform != "linux", reason="only glibc gives memory back")
def test_what_was_freed_goes_back_to_the_system() -> None:
    process = psutil.Process()
    pieces = [bytes(100_000) for _ in range(2_000)]  # below the size that is given back at once
    full = process.memory_info().rss
    last = pieces[-1]  # holds the top of the heap, so that what lies below stays
    del pieces
    give_back()
    assert full - process.memory_info().rss > 100e6
    assert len(last) == 100_000


def test_a_model_is_kept_in_large_pages_unless_something_else_is_set(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.delenv(TUNABLES, raising=False)
    assert huge_pages() == {TUNABLES: HUGE_PAGES}
    monkeypatch.setenv(TUNABLES, "glibc.malloc.check=1")
    assert huge_pages() == {TUNABLES: f"glibc.malloc.check=1:{HUGE_PAGES}"}
    monkeypatch.setenv(TUNABLES, "glibc.malloc.hugetlb=0")
    assert huge_pages() == {TUNABLES: "glibc.malloc.hugetlb=0"}


@pytest.mark.skipif(sys.platform != "linux", reason="large pages are of Linux")
def test_large_pages_are_asked_for() -> None:
    code = "data = bytearray(64 << 20); print(open('/proc/self/smaps').read())"
    maps = subprocess.check_output(
        [sys.executable, "-c", code], env={**os.environ, **huge_pages()}, text=True
    )
    assert " hg" in maps  # the flag of a region that may have them
