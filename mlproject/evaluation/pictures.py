"""Curves and tables of an evaluation as PNG files."""

from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from sklearn.metrics import average_precision_score, precision_recall_curve

from mlproject.evaluation.calibration import BINS, bin_of, confidences
from mlproject.evaluation.measure import Metrics

SIZE = (6.4, 4.8)  # inches
RESOLUTION = 110
Curves = Mapping[str, tuple[np.ndarray, np.ndarray]]  # name -> labels (N,), probabilities (N, K)


def precision_recall(path: Path, curves: Curves, positive: int, title: str) -> None:
    """Precision over recall of the positive label, one curve per name."""
    figure, axes = _figure("recall", "precision", title)
    for name, (labels, found) in curves.items():
        true = labels == positive
        if not 0 < true.sum() < len(true):
            continue
        precision, recall, _ = precision_recall_curve(true, found[:, positive])
        average = average_precision_score(true, found[:, positive])
        axes.step(recall, precision, where="post", label=f"{name} (AP {average:.3f})")
    _finish(figure, axes, path)


def reliability(path: Path, curves: Curves, positive: int | None, title: str) -> None:
    """How often it is so, over what is said; on the diagonal where probabilities are true."""
    figure, axes = _figure("probability said", "share that is so", title)
    axes.plot([0, 1], [0, 1], color="grey", linewidth=1, linestyle="--")
    for name, (labels, found) in curves.items():
        said, so = confidences(labels, found, positive)
        bins = bin_of(said)
        rows = np.bincount(bins, minlength=BINS)
        used = rows > 0
        means = [np.bincount(bins, weights=values, minlength=BINS)[used] for values in (said, so)]
        axes.plot(means[0] / rows[used], means[1] / rows[used], marker="o", label=name)
    _finish(figure, axes, path)


def confusion(path: Path, table: Sequence[Sequence[int]], names: Sequence[str], title: str) -> None:
    """Rows of each label (down) by the label they were given (across)."""
    counts = np.asarray(table)
    figure, axes = _figure("given", "label", title)
    shares = counts / np.maximum(counts.sum(axis=1, keepdims=True), 1)
    axes.imshow(shares, cmap="Blues", vmin=0, vmax=1, aspect="auto")
    axes.set_xlim(-0.5, len(names) - 0.5)
    axes.set_ylim(len(names) - 0.5, -0.5)
    axes.set_xticks(range(len(names)), names)
    axes.set_yticks(range(len(names)), names)
    axes.grid(visible=False)
    for row, column in np.ndindex(counts.shape):
        dark = shares[row, column] > 0.6
        shown = f"{counts[row, column]:,}\n{shares[row, column]:.0%}"
        axes.text(column, row, shown, ha="center", va="center", color="white" if dark else "black")
    _finish(figure, axes, path)


def comparison(
    path: Path, models: Mapping[str, Mapping[str, Metrics]], metrics: Sequence[str]
) -> None:
    """Bars of each model on each slice, one panel per metric."""
    slices = list(dict.fromkeys(name for parts in models.values() for name in parts))
    slices = [name for name in slices if name != "behaviour"]
    figure = Figure(figsize=(2.4 + 1.5 * len(slices), 3.2 * len(metrics)), dpi=RESOLUTION)
    width = 0.8 / len(models)
    for panel, metric in enumerate(metrics):
        axes = figure.add_subplot(len(metrics), 1, panel + 1)
        for place, (model, parts) in enumerate(models.items()):
            values = [parts.get(name, {}).get(metric, np.nan) for name in slices]
            bars = axes.bar(np.arange(len(slices)) + place * width, values, width, label=model)
            labels = ["" if np.isnan(value) else f"{value:.2f}" for value in values]
            axes.bar_label(bars, labels, fontsize=7)
        axes.set_xticks(np.arange(len(slices)) + 0.4 - width / 2, slices, fontsize=8)
        axes.set_ylim(0, 1.08)
        axes.set_ylabel(metric.replace("_", " "))
    figure.axes[0].legend(loc="lower left", bbox_to_anchor=(0, 1.02), ncols=3, frameon=False)
    _save(figure, path)


def _figure(x: str, y: str, title: str) -> tuple[Figure, Axes]:
    figure = Figure(figsize=SIZE, dpi=RESOLUTION)
    axes = figure.add_subplot()
    axes.set(xlabel=x, ylabel=y, title=title, xlim=(0, 1.02), ylim=(0, 1.02))
    axes.grid(alpha=0.3)
    return figure, axes


def _finish(figure: Figure, axes: Axes, path: Path) -> None:
    if axes.get_legend_handles_labels()[0]:
        axes.legend(loc="best", fontsize=8)
    _save(figure, path)


def _save(figure: Figure, path: Path) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    FigureCanvasAgg(figure)
    figure.savefig(path, bbox_inches="tight")
