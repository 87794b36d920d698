"""Time for texts that are nothing but beginnings of markup grows no faster than they do."""

import time

import pytest

from mlproject.dataset.clean import clean
from mlproject.dataset.options import Cleaning

READ_WHOLE = Cleaning(max_length=1_000_000)
FEW = 20_000  # characters; the longest text that is read unless told otherwise
AT_ONCE = 0.05  # seconds in which a text of so many is cleaned in any case
OPENINGS = [
    "<!--", "<script>", "<script", "</script ", "<style>", "<pre>", "<blockquote>", "<img ", "<p",
    "```", "\n```", "\n~~~a", "`a", "[", "[]", "[](", "[a](", "![", "![](", "](", "__a ", "**a ",
    "**a*", "_ ", "\n- ", "\n#", "\n> ", "\n|--", "|--", "--", "| ", "http://", "www.", "&#", "&",
    "&#x", "@", "a@", "a@a.", "a-", "1", "138", "138-", "+86", "(0755", "400-", "110105", "护照",
    "xX", "某", "！", ".", " ", "\t", "\n ", "中 ", "中,",
]  # fmt: skip
LONG = {
    "blanks before a table": ("\n", " ", "|--"),
    "one comment left open": ("<!--", "--", ""),
    "digits of an entity": ("&#", "9", ""),
    "name in an address": ("@", "a", "@"),
    "links without an end on their line": ("", "[a](", "\n)"),
    "domain of an address": ("", f"{'a' * 64}@{'b' * 63}.{'c' * 63}.", ""),
    "marks of a rule": ("\n", "- ", "x"),
}


def seconds(text: str) -> float:
    """The shorter of two times."""
    times = []
    for _ in range(2):
        begun = time.process_time()
        clean(text, READ_WHOLE)
        times.append(time.process_time() - begun)
    return min(times)


@pytest.mark.parametrize(
    ("first", "again", "last"), [*(("", piece, "") for piece in OPENINGS), *LONG.values()]
)
def test_four_times_the_text_takes_no_sixteen_times_the_time(
    first: str, again: str, last: str
) -> None:
    few, many = (
        seconds(f"{first}{again * (length // len(again))}{last}") for length in (FEW, 4 * FEW)
    )
    assert many < 8 * max(few, AT_ONCE / 4)
