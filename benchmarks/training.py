"""How fast a training is, beside Hugging Face's ``Trainer`` on the same texts.

    python -m benchmarks.training [--quick] [--data FOLDER] [--model small] [--texts N] [--rounds N]

The texts are titles and contents of the posts in FOLDER (``v2ex_topics.jsonl.gz``) or of the
bundled ones; the label is whether a text holds a question mark. Both start from the same weights
and see the same texts, with the same batch, rates and precision, in turns; the losses are of
texts that neither has seen. The limit is what the matrix products of the texts would take at the
pace that this machine multiplies, measured in the same run.
"""

import argparse
import gzip
import json
import os
import statistics
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import islice
from pathlib import Path

os.environ.setdefault("OMP_WAIT_POLICY", "passive")

import numpy as np
import torch
from transformers import BertConfig

from benchmarks import trainer
from mlproject.dataset.clean import clean
from mlproject.dataset.options import Cleaning
from mlproject.dataset.text import of_post
from mlproject.task import Training
from mlproject.training import base, device, presets, schedule
from mlproject.training.batches import count, shuffled
from mlproject.training.group import Group
from mlproject.training.model import Classifier
from mlproject.training.origin import Origin
from mlproject.training.predict import probabilities
from mlproject.training.step import Split, Stepper
from mlproject.training.tokens import encode

ROOT = Path(__file__).resolve().parent.parent
FILES = ("v2ex_topics.jsonl.gz", "posts.jsonl", "reviewed_posts.jsonl")
HELD_OUT = 512  # texts


@dataclass(frozen=True)
class Case:
    """What both train on, and with."""

    parts: base.Base
    train: Split
    held_out: Split
    values: Training


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true", help="512 texts, one round")
    parser.add_argument("--data", type=Path, default=ROOT / "examples" / "corpus")
    parser.add_argument("--model", default="small", choices=sorted(presets.RANDOM))
    parser.add_argument("--texts", type=int, default=0)
    parser.add_argument("--rounds", type=int, default=0)
    parser.add_argument("--threads", type=int, default=0)
    options = parser.parse_args()
    place = device.choose(options.threads)
    texts = options.texts or (512 if options.quick else 2_048 if place.type == "cpu" else 50_000)
    case = prepare(options.data, options.model, texts, place)
    size = len(case.train.labels)
    pace = multiplied(place, case.values.precision)
    tokens = int(case.train.tokens.lengths.sum())
    limit = 3 * operations(case.parts.config, case.train.tokens.lengths) / pace  # seconds
    print(
        f"{device.name(place)}, load {os.getloadavg()[0]:.1f}; {options.model}, {size} texts of "
        f"{tokens / size:.0f} tokens on average, {case.values.batch_size} in a batch"
    )
    print(f"matrix products {pace / 1e12:.2f} TFLOP/s: at most {size / limit:,.0f} texts/s")
    found: dict[str, list[tuple[float, float]]] = {"this project": [], "Trainer": []}
    for seed in range(options.rounds or (1 if options.quick else 3)):
        for name, run in (("this project", ours), ("Trainer", peer)):
            found[name].append(run(case, seed))
    middle = {name: statistics.median(s for s, _ in rows) for name, rows in found.items()}
    for name, rows in found.items():
        losses = ", ".join(f"{loss:.4f}" for _, loss in rows)
        print(
            f"{name:13} {size / middle[name]:9,.1f} texts/s {tokens / middle[name]:11,.0f} tokens/s"
            f" {limit / middle[name]:5.0%} of the limit; loss after {size} texts: {losses}"
        )
    print(f"{middle['Trainer'] / middle['this project']:.2f} times as fast as Trainer")


def prepare(data: Path, model: str, texts: int, place: torch.device) -> Case:
    several = list(islice(posts(data), texts + HELD_OUT))
    held_out = HELD_OUT if len(several) > 2 * HELD_OUT else len(several) // 4
    values = presets.resolve(
        Training(focal_gamma=0, balance_labels=False, epochs=1), model, {"epochs": 1}, texts
    )
    parts = base.load(Origin(model), ("no", "yes"), several, values.max_length, values.dropout)

    def split(rows: list[str]) -> Split:
        labels = [int("?" in text or "？" in text) for text in rows]
        return Split(encode(rows, parts.tokenizer, place), np.array(labels, dtype=np.int64))

    return Case(parts, split(several[held_out:]), split(several[:held_out]), values)


def posts(folder: Path) -> Iterator[str]:
    """Posts as a data set holds them: title and content, cleaned."""
    for path in (folder / name for name in FILES):
        if path.is_file():
            with gzip.open(path, "rt") if path.suffix == ".gz" else path.open() as file:
                for line in file:
                    post = json.loads(line)
                    yield clean(of_post(post["title"] or "", post["content"] or ""), Cleaning())


def ours(case: Case, seed: int) -> tuple[float, float]:
    """Seconds, and the loss on held-out texts."""
    torch.manual_seed(seed)
    model = Classifier(case.parts.config, case.parts.encoder).train()
    stepper = Stepper(model, case.train, case.values, 2, Group())
    texts, values = len(case.train.labels), case.values
    steps = count(texts, values.batch_size)
    stepper.step(np.arange(min(texts, values.batch_size)), 0.0, seed)  # warm up

    def run() -> None:
        for step, rows in enumerate(shuffled(texts, values.batch_size, seed, 1)):
            share = schedule.factor(step, steps, values.warmup_fraction)
            stepper.step(rows, values.learning_rate * share, step)

    seconds = timed(run)
    return seconds, loss(model, case.held_out)


def peer(case: Case, seed: int) -> tuple[float, float]:
    torch.manual_seed(seed)
    model = Classifier(case.parts.config, case.parts.encoder)
    run = trainer.prepare(model, case.parts.tokenizer, case.train, case.values, seed)
    seconds = timed(run)
    return seconds, loss(model, case.held_out)


def loss(model: Classifier, held_out: Split) -> float:
    model.to(held_out.tokens.ids.device)
    found = probabilities(model, held_out.tokens, 64)
    return float(-np.log(found[np.arange(len(found)), held_out.labels]).mean())


def timed(run: Callable[[], object]) -> float:
    begun = time.perf_counter()
    run()
    if torch.cuda.is_available():
        torch.cuda.synchronize()
    return time.perf_counter() - begun


def operations(config: BertConfig, lengths: np.ndarray) -> float:
    """Floating-point operations of one forward pass, only [CLS] in the last layer."""
    width, inner, layers = config.hidden_size, config.intermediate_size, config.num_hidden_layers
    tokens, texts = float(lengths.sum()), len(lengths)
    squares = float((lengths.astype(np.float64) ** 2).sum())
    whole = tokens * (8 * width**2 + 4 * width * inner) + 4 * width * squares
    last = tokens * 4 * width**2 + texts * (4 * width**2 + 4 * width * inner) + 4 * width * tokens
    return (layers - 1) * whole + last


def multiplied(place: torch.device, precision: str) -> float:
    """Operations a second of a large matrix product: the best of a few."""
    size = 2_048 if place.type == "cpu" else 8_192
    kind = device.number_type(place, precision)
    one, other = (torch.randn(size, size, device=place).to(kind) for _ in range(2))
    return max(2 * size**3 / timed(lambda: one @ other) for _ in range(20))


if __name__ == "__main__":
    main()
