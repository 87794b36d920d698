"""Which processor this is."""

import platform
import re
from pathlib import Path

CPUINFO = Path("/proc/cpuinfo")


def name(cpuinfo: Path = CPUINFO) -> str:
    """Its model as Linux names it; elsewhere what the system knows of it."""
    try:
        found = re.search(r"^model name\s*:\s*(.+)$", cpuinfo.read_text("utf-8"), re.MULTILINE)
    except (OSError, ValueError):
        found = None
    return found[1].strip() if found else platform.processor() or platform.machine()
