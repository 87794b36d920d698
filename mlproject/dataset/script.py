"""Chinese in one script: Traditional characters to Simplified ones, by OpenCC."""

import re
from functools import cache
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from opencc import OpenCC

ENCODED = re.compile("[^\ud800-\udfff]+")  # OpenCC takes no lone surrogate
# Where Chinese characters stand in Unicode: the basic block, extension A, compatibility.
BLOCKS = ((0x4E00, 0xA000), (0x3400, 0x4DC0), (0xF900, 0xFB00))


def simplified(text: str) -> str:
    """The text in Simplified characters, read in context: "乾坤" and "著名" stay as they are."""
    if not _traditional().search(text):
        return text
    return ENCODED.sub(lambda found: _converter().convert(found[0]), text)


@cache
def _converter() -> "OpenCC":
    from opencc import OpenCC  # for those tasks alone that ask for it

    return OpenCC("t2s")


@cache
def _traditional() -> re.Pattern[str]:
    """Any character that is written otherwise when it stands alone; few texts have one."""
    every = [chr(code) for begin, end in BLOCKS for code in range(begin, end)]
    written = _converter().convert("\n".join(every)).split("\n")
    other = [sign for sign, now in zip(every, written, strict=True) if sign != now]
    return re.compile(f"[{''.join(other)}]")
