"""Memory that a loaded model no longer needs, given back to the system."""

import ctypes
import sys


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
