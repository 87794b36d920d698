"""Charts as SVG to be put into a page."""

from collections.abc import Mapping, Sequence
from html import escape

import numpy as np
from numpy.typing import NDArray

COLOURS = ("#1d6a96", "#b3541e", "#5b7553", "#7a3b69", "#8a7a1f", "#555555")
WIDTH = 480  # units: narrow, so that words stay readable on a phone
NAME = 26  # letters of a name beside a bar


def bars(rows: Sequence[tuple[str, Mapping[str, int]]], names: Sequence[str]) -> str:
    """A horizontal bar for each row, its parts in the order of ``names``; and what they mean."""
    most = max((sum(parts.values()) for _, parts in rows), default=0) or 1
    left, right, step = 170, 56, 24
    lines = []
    for place, (label, parts) in enumerate(rows):
        y, x = place * step, float(left)
        lines.append(_text(left - 8, y + 16, _fitting(label), "end"))
        for colour, name in enumerate(names):
            length = parts.get(name, 0) / most * (WIDTH - left - right)
            if length > 0:
                lines.append(
                    f'<rect x="{x:.1f}" y="{y + 4}" width="{length:.1f}" height="16" '
                    f'fill="{COLOURS[colour % len(COLOURS)]}"><title>{escape(label)}, '
                    f"{escape(name)}: {parts[name]:,}</title></rect>"
                )
            x += length
        lines.append(_text(x + 6, y + 16, f"{sum(parts.values()):,}"))
    return _legend(names) + _svg(lines, max(len(rows), 1) * step)


def histogram(lengths: Mapping[str, NDArray[np.int32]]) -> str:
    """Share of each label's texts in each class of length, two to a doubling."""
    longest = max((int(values.max()) for values in lengths.values() if len(values)), default=2)
    edges = np.unique(np.round(2 ** np.arange(1, np.log2(max(longest, 4)) + 1, 0.5)).astype(int))
    edges = np.concatenate(([0], edges))
    height, bottom = 180, 24
    wide = WIDTH / (len(edges) - 1)
    shares = {
        label: np.histogram(values, edges)[0] / max(len(values), 1)
        for label, values in lengths.items()
    }
    most = max((share.max() for share in shares.values()), default=1) or 1
    lines = []
    for colour, (label, share) in enumerate(shares.items()):
        thick = wide * 0.85 / len(shares)
        for place, value in enumerate(share):
            tall = float(value / most * (height - 10))
            lines.append(
                f'<rect x="{place * wide + colour * thick:.1f}" y="{height - tall:.1f}" '
                f'width="{thick:.1f}" height="{tall:.1f}" fill="{COLOURS[colour % len(COLOURS)]}">'
                f"<title>{escape(label)}, {edges[place]} to {edges[place + 1]} characters: "
                f"{value:.1%}</title></rect>"
            )
    lines += [
        _text((place + 0.5) * wide, height + 16, str(edge), "middle")
        for place, edge in enumerate(edges[:-1])
        if place % 3 == 0 and place < len(edges) - 2
    ]
    return _legend(list(lengths)) + _svg(lines, height + bottom)


def _legend(names: Sequence[str]) -> str:
    keys = (
        f'<span><i style="background:{COLOURS[place % len(COLOURS)]}"></i>{escape(name)}</span>'
        for place, name in enumerate(names)
    )
    return f'<p class="legend">{"".join(keys)}</p>'


def _svg(lines: Sequence[str], height: float) -> str:
    return f'<svg viewBox="0 0 {WIDTH} {height}" role="img">{"".join(lines)}</svg>'


def _text(x: float, y: float, words: str, anchor: str = "start") -> str:
    return f'<text x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}">{escape(words)}</text>'


def _fitting(name: str) -> str:
    return name if len(name) <= NAME else f"{name[: NAME - 1]}…"
