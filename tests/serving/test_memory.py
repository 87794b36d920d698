import sys

import psutil
import pytest

from mlproject.serving.memory import give_back


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
