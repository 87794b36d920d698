"""A word cloud as a picture."""

import io
import os
import shutil
import subprocess
from collections.abc import Mapping
from functools import lru_cache
from pathlib import Path

SIZE = (720, 420)  # pixels
WORDS = 90
COLOURS = ("#0b3c5d", "#1d6a96", "#b3541e", "#5b7553", "#7a3b69")
# Families that have the characters of simplified Chinese, the best first.
FAMILIES = (
    "Noto Sans CJK SC",
    "Source Han Sans SC",
    "WenQuanYi Micro Hei",
    "PingFang SC",
    "SimHei",
)
FILES = (
    "/usr/share/fonts/opentype/noto/NotoSansCJK-Regular.ttc",
    "/usr/share/fonts/google-noto-cjk/NotoSansCJK-Regular.ttc",
    "/usr/share/fonts/truetype/wqy/wqy-microhei.ttc",
    "/System/Library/Fonts/PingFang.ttc",
    "/System/Library/Fonts/STHeiti Medium.ttc",
)
PACKAGES = ("noto_cjk_sans_jp_regular", "mplfonts")


@lru_cache(1)
def font() -> str:
    """The file of a font with Chinese characters: $WORDCLOUD_FONT, the system's, or a package's.

    "" where there is none.
    """
    given = os.environ.get("WORDCLOUD_FONT", "")
    for path in (given, *FILES):
        if path and Path(path).is_file():
            return path
    return _of_fontconfig() or _of_package()


def _of_fontconfig() -> str:
    program = shutil.which("fc-match")
    for family in FAMILIES if program else ():
        done = subprocess.run(
            [str(program), "-f", "%{family}\n%{file}", f"{family}:lang=zh-cn"],
            capture_output=True,
            text=True,
            check=False,
        )
        names, _, path = done.stdout.partition("\n")
        if family in names and Path(path).is_file():
            return path
    return ""


def _of_package() -> str:
    """A font that came with a Python package, which is not imported."""
    from importlib.util import find_spec

    for package in PACKAGES:
        spec = find_spec(package)
        for folder in (spec.submodule_search_locations or ()) if spec else ():
            for file in sorted(Path(folder).rglob("NotoSansCJK*.otf")):
                return str(file)
    return ""


def draw(frequencies: Mapping[str, int], title: str) -> bytes:
    """A PNG of the most frequent words, always the same; b"" without words or a font."""
    if not frequencies or not font():
        return b""
    from wordcloud import WordCloud

    width, height = SIZE
    cloud = WordCloud(
        font_path=font(),
        width=width,
        height=height,
        max_words=WORDS,
        background_color="white",
        prefer_horizontal=1.0,
        relative_scaling=0.4,
        min_font_size=11,
        random_state=len(title),
        color_func=_colour,
    ).generate_from_frequencies(dict(frequencies))
    data = io.BytesIO()
    cloud.to_image().quantize(64).save(data, "PNG", optimize=True)
    return data.getvalue()


def _colour(word: str, **_: object) -> str:
    return COLOURS[sum(map(ord, word)) % len(COLOURS)]
