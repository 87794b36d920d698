"""How the C library keeps a model in memory."""

import ctypes
import os
import sys

TUNABLES = "GLIBC_TUNABLES"
HUGE_PAGES = "glibc.malloc.hugetlb=1"


def huge_pages() -> dict[str, str]:
    """Environment of a process that is to keep its model in pages of 2 MB, where glibc can.

    A model does not fit into the caches, and in pages of 4 KB not into the table of pages either:
    BERT-base in int8 takes 2 to 8 % less time in large ones. What is set already stays.
    """
    given = os.environ.get(TUNABLES, "")
    return {TUNABLES: given if "hugetlb" in given else f"{given}:{HUGE_PAGES}".strip(":")}


def give_back() -> None:
    """What was freed goes back to the system, where the C library can do so (glibc).

    Reading a model takes a third of its size more than keeping it, and glibc would hold on to that
    for as long as the worker lives.
    """
    if sys.platform != "linux":
        return
    try:
        trim = ctypes.CDLL(None).malloc_trim
    except (OSError, AttributeError):  # another C library
        return
    trim(0)
