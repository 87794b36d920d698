"""The page ``profile.html`` of a data-set folder; needs nothing but itself to be read."""

import base64
from collections.abc import Mapping, Sequence
from html import escape
from pathlib import Path
from typing import Any

import numpy as np
import orjson

from mlproject.dataset.profile import charts, cloud
from mlproject.dataset.profile.sample import LabelSample, sample
from mlproject.dataset.profile.words import frequencies, grams, telling
from mlproject.dataset.split import SPLITS

NAME = "profile.html"
SUSPECTS = 12
TEXT = 140  # characters of an example
LEFT_OUT = {
    "duplicate": "the same text came before",
    "near_duplicate": "nearly the same text came before",
    "limit": "more posts than the task asks for",
    "moved": "its author's texts are in another split than it was in",
    "held_back_author": "not read by anybody, of an author whose post is in in_domain",
    "balance": "too many of its source, length or label",
    "suspect": "probably under the wrong label",
}
STYLE = """
body{font:16px/1.5 system-ui,sans-serif;color:#1b1b1b;background:#fafafa;margin:0 auto;
max-width:760px;padding:16px}h1{font-size:1.5em;margin:.2em 0}
h2{font-size:1.15em;margin:1.8em 0 .4em}h3{font-size:1em;margin:1.2em 0 .3em}p{margin:.4em 0}
svg{width:100%;max-width:620px;height:auto;
font-size:12px}
svg text{fill:#333}table{border-collapse:collapse;width:100%;font-size:.9em}
td,th{padding:3px 8px 3px 0;border-bottom:1px solid #ddd;text-align:left;vertical-align:top}
td.n,th.n{text-align:right;white-space:nowrap}.legend span{margin-right:14px;font-size:.85em}
.legend i{display:inline-block;width:.8em;height:.8em;margin-right:5px}
img{width:100%;height:auto;border:1px solid #ddd;background:#fff}.text{overflow-wrap:anywhere}
.note{color:#555;font-size:.9em}.wide{overflow-x:auto}
.gram{display:inline-block;margin:2px 10px 2px 0}.gram small{color:#666}
"""


def write(folder: Path) -> Path:
    """Write the page, and each label's word cloud as ``cloud-LABEL.png``."""
    manifest = orjson.loads((folder / "manifest.json").read_bytes())
    samples = [sample(folder, label) for label in manifest["labels"]]
    parts = [
        _head(manifest),
        _counts(manifest),
        _lengths(manifest, samples),
        _left_out(manifest),
        _biases(manifest),
        _noise(folder, manifest),
        *_words(folder, samples),
        *(_examples(one) for one in samples),
    ]
    title = f"Data set {manifest['dataset_id']}"
    page = (
        '<!doctype html><html lang="en"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width,initial-scale=1">'
        f"<title>{title}</title><style>{STYLE}</style></head><body>{''.join(parts)}</body></html>\n"
    )
    path = folder / NAME
    path.write_text(page, encoding="utf-8")
    return path


def _head(manifest: Mapping[str, Any]) -> str:
    rows = sum(file["rows"] for file in manifest["files"].values())
    return (
        f"<h1>Data set {escape(manifest['dataset_id'])}</h1>"
        f"<p>Task {escape(manifest['task'])}: {rows:,} texts of {len(manifest['labels'])} labels, "
        f"taken from {manifest['candidates']:,} candidates.</p>"
    )


def _counts(manifest: Mapping[str, Any]) -> str:
    by_label: list[tuple[str, Mapping[str, int]]] = []
    by_source: list[tuple[str, Mapping[str, int]]] = []
    for label, sources in manifest["counts"].items():
        total: dict[str, int] = {
            name: sum(cells.get(name, 0) for cells in sources.values()) for name in SPLITS
        }
        by_label.append((label, total))
        by_source += [(f"{source}: {label}", cells) for source, cells in sources.items()]
    by_source.sort(key=lambda row: (-sum(row[1].values()), row[0]))
    return (
        f"<h2>Rows by label and split</h2>{charts.bars(by_label, SPLITS)}"
        f"<h2>Rows by source and split</h2>{charts.bars(by_source, SPLITS)}"
    )


def _lengths(manifest: Mapping[str, Any], samples: Sequence[LabelSample]) -> str:
    names = ("min", "median", "mean", "p95", "max")
    rows = [
        (label, *(f"{values.get(name, 0):,g}" for name in names))
        for label, values in manifest["lengths"].items()
    ]
    table = _table(("Label", "Shortest", "Median", "Mean", "95 %", "Longest"), rows)
    arrays = {one.label: np.array(one.lengths, np.int32) for one in samples}
    return (
        f"<h2>Length in characters</h2>{charts.histogram(arrays)}"
        '<p class="note">Share of each label\'s texts; the numbers are where a class begins.</p>'
        f"{table}"
    )


def _left_out(manifest: Mapping[str, Any]) -> str:
    rows = [
        (f"{name.replace('_', ' ')}: {LEFT_OUT.get(name, '')}", f"{number:,}")
        for name, number in manifest["left_out"].items()
    ]
    conflicts = manifest["label_conflicts"]
    return (
        f"<h2>Left out</h2>{_table(('Why', 'Texts'), rows)}"
        f"<p>{conflicts:,} duplicates had another label than the text that was kept.</p>"
    )


def _biases(manifest: Mapping[str, Any]) -> str:
    keys = ("roc_auc", "average_precision", "chance")
    rows = [
        (f"only the {name}", *(f"{score[key]:.3f}" for key in keys))
        for name, score in manifest["biases"].items()
        if score
    ]
    if not rows:
        return "<h2>What gives the label away</h2><p>Too few rows to say.</p>"
    return (
        "<h2>What gives the label away</h2>"
        + _table(("A classifier that sees", "ROC AUC", "Avg. precision", "By chance"), rows)
        + '<p class="note">On the test split. An area of 0.5 and the average precision by chance '
        "would mean that it gives nothing away.</p>"
    )


def _noise(folder: Path, manifest: Mapping[str, Any]) -> str:
    noise = manifest["noise"]
    head = (
        f"<h2>Label noise</h2><p>{noise['suspects']:,} of {noise['examined']:,} rows of the train "
        f"split look mislabelled; all of them are in {escape(noise['file'])}.</p>"
    )
    rows = []
    with (folder / noise["file"]).open("rb") as file:
        for _, line in zip(range(SUSPECTS), file, strict=False):
            row = orjson.loads(line)
            labels = f"{row['label']} → {row['suggested']}"
            rows.append((labels, row["source"], _short(row["text"])))
    return head + (_table(("Label", "Source", "Text"), rows, texts=True) if rows else "")


def _words(folder: Path, samples: Sequence[LabelSample]) -> list[str]:
    sizes = {one.label: len(one.rows) for one in samples}
    told = telling({one.label: grams(one.texts) for one in samples}, sizes)
    parts = ["<h2>Words</h2>"]
    if not cloud.font():
        parts.append('<p class="note">No word clouds: no font with Chinese characters here.</p>')
    for one in samples:
        name = escape(one.label)
        picture = cloud.draw(frequencies(one.texts), one.label)
        parts.append(f"<h3>{name}</h3>")
        if picture:
            (folder / f"cloud-{one.label}.png").write_bytes(picture)
            data = base64.b64encode(picture).decode()
            parts.append(f'<img alt="Word cloud of {name}" src="data:image/png;base64,{data}">')
        shown = (
            f'<span class="gram">{escape(gram)} <small>{z:g}</small></span>'
            for gram, z, _ in told[one.label]
        )
        parts.append(f"<p>Most telling: {''.join(shown)}</p>")
    parts.append(
        '<p class="note">Of a fixed sample of each label. The numbers are log odds against the '
        "other labels over their standard error.</p>"
    )
    return parts


def _examples(one: LabelSample) -> str:
    rows = [(row["source"], row["split"], _short(row["text"])) for row in one.examples]
    table = _table(("Source", "Split", "Text"), rows, texts=True)
    return f"<h2>Example rows: {escape(one.label)}</h2>{table}"


def _short(text: str) -> str:
    text = text.replace("\n", " / ")
    return text if len(text) <= TEXT else f"{text[:TEXT]}…"


def _table(head: Sequence[str], rows: Sequence[Sequence[str]], texts: bool = False) -> str:
    """The first column is words; the others are numbers unless ``texts``."""
    kinds = ["" if texts or not place else ' class="n"' for place in range(len(head))]
    if texts:
        kinds[-1] = ' class="text"'
    top = _cells("th", kinds, head)
    body = "".join(f"<tr>{_cells('td', kinds, row)}</tr>" for row in rows)
    return f'<div class="wide"><table><tr>{top}</tr>{body}</table></div>'


def _cells(tag: str, kinds: Sequence[str], words: Sequence[str]) -> str:
    return "".join(
        f"<{tag}{kind}>{escape(cell)}</{tag}>" for kind, cell in zip(kinds, words, strict=True)
    )
