"""Full-width letters, digits and signs to half width; the marks of Chinese prose stay."""

import re

KEPT = "，！？：；"
WIDTH = {chr(code): chr(code - 0xFEE0) for code in range(0xFF01, 0xFF5F) if chr(code) not in KEPT}
WIDTH |= dict.fromkeys("\u3000\xa0\u1680\u202f\u205f", " ")
WIDTH |= {chr(code): " " for code in range(0x2000, 0x200B)}  # from an en quad to a hair space
WIDTH |= {"\u2028": "\n", "\u2029": "\n", "｡": "。", "､": "、"}
WIDTH |= {"‘": "'", "’": "'", "“": '"', "”": '"'}
WIDE = re.compile(f"[{re.escape(''.join(WIDTH))}]")


def narrow(text: str) -> str:
    return WIDE.sub(_narrow, text)


def _narrow(found: re.Match[str]) -> str:
    return WIDTH[found[0]]
