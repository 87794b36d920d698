"""Full-width letters, digits and signs to half width; the marks of Chinese prose stay."""

import re

KEPT = "，！？：；"
WIDTH = {chr(code): chr(code - 0xFEE0) for code in range(0xFF01, 0xFF5F) if chr(code) not in KEPT}
WIDTH |= dict.fromkeys("\u3000\xa0\u2002\u2003\u2009\u202f", " ")
WIDTH |= {"\u2028": "\n", "\u2029": "\n", "｡": "。", "､": "、"}
WIDTH |= {"‘": "'", "’": "'", "“": '"', "”": '"'}
WIDE = re.compile(f"[{re.escape(''.join(WIDTH))}]")


def narrow(text: str) -> str:
    return WIDE.sub(_narrow, text)


def _narrow(found: re.Match[str]) -> str:
    return WIDTH[found[0]]
