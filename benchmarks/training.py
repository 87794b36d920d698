"""How fast a training is, beside Hugging Face's ``Trainer`` on the same texts.

    python -m benchmarks.training [--quick] [--data FOLDER] [--model small] [--texts N] [--rounds N]
        [--preset gpu] [--batch N] [--compile]

Half of the texts are posts (titles and contents), half are questions put to lawyers, of FOLDER
(``v2ex_topics.jsonl.gz``, ``legal_questions.jsonl.gz``) or the bundled ones; which is the label.
Both start from the same weights and see the same texts, with the same batch, rates and precision,
in turns, each round with another seed; the losses are of texts that neither has seen, and the last
line is how far they lie apart, with the standard error of the rounds' mean. The limit is what the
matrix products of the texts would take at the pace that this machine multiplies, measured in the
same run. What a compiled network takes to compile, once for each length, is before what is timed.
"""

import argparse
import gzip
import json
import os
import statistics
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import chain, islice
from pathlib import Path
from typing import Any

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
from mlproject.training.tokens import STEP, encode

ROOT = Path(__file__).resolve().parent.parent
POSTS = ("v2ex_topics.jsonl.gz", "posts.jsonl", "reviewed_posts.jsonl")
QUESTIONS = ("legal_questions.jsonl.gz", "consultations.jsonl")
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
    parser.add_argument("--preset", choices=("t4", "gpu", "full"))
    parser.add_argument("--batch", type=int, help="texts in a batch; of both")
    parser.add_argument("--compile", action="store_true", default=None, help="however few texts")
    options = parser.parse_args()
    place = device.choose(options.threads)
    texts = options.texts or (512 if options.quick else 2_048 if place.type == "cpu" else 50_000)
    case = prepare(options, texts, place)
    size, tokens = len(case.train.labels), int(case.train.tokens.lengths.sum())
    pace = multiplied(place, case.values.precision)
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
    print(f"loss beside Trainer's: {apart(*found.values())}")


def apart(ours: list[tuple[float, float]], theirs: list[tuple[float, float]]) -> str:
    """Mean difference of the losses, and its standard error where there are several rounds."""
    several = [one - other for (_, one), (_, other) in zip(ours, theirs, strict=True)]
    if len(several) == 1:
        return f"{several[0]:+.4f} (one round)"
    error = statistics.stdev(several) / len(several) ** 0.5
    return f"{statistics.mean(several):+.4f} ± {error:.4f} ({len(several)} rounds)"


def prepare(options: argparse.Namespace, texts: int, place: torch.device) -> Case:
    both = zip(posts(options.data), questions(options.data), strict=False)
    rows = list(islice(chain.from_iterable(both), texts + HELD_OUT))
    held_out = HELD_OUT if len(rows) == texts + HELD_OUT else len(rows) // 8 * 2
    given = {"preset": options.preset, "batch_size": options.batch, "compile": options.compile}
    values = presets.resolve(
        Training(focal_gamma=0, balance_labels=False, epochs=1),
        options.model,
        {"epochs": 1, **{name: value for name, value in given.items() if value is not None}},
        texts,
    )
    named = Origin(options.model)
    parts = base.load(named, ("post", "question"), rows, values.max_length, values.dropout)

    def split(rows: list[str]) -> Split:
        labels = np.arange(len(rows), dtype=np.int64) % 2  # a post, a question, a post, …
        return Split(encode(rows, parts.tokenizer, place), labels)

    return Case(parts, split(rows[held_out:]), split(rows[:held_out]), values)


def posts(folder: Path) -> Iterator[str]:
    """Posts as a data set holds them: title and content, cleaned."""
    for post in lines(folder, POSTS):
        yield clean(of_post(post["title"] or "", post["content"] or ""), Cleaning())


def questions(folder: Path) -> Iterator[str]:
    for question in lines(folder, QUESTIONS):
        yield clean(question["content"], Cleaning())


def lines(folder: Path, names: tuple[str, ...]) -> Iterator[dict[str, Any]]:
    for path in (folder / name for name in names):
        if path.is_file():
            with gzip.open(path, "rt") if path.suffix == ".gz" else path.open() as file:
                yield from map(json.loads, file)


def ours(case: Case, seed: int) -> tuple[float, float]:
    """Seconds, and the loss on held-out texts."""
    torch.manual_seed(seed)
    model = Classifier(case.parts.config, case.parts.encoder).train()
    stepper = Stepper(model, case.train, case.values, 2, Group())
    texts, values = len(case.train.labels), case.values
    steps = count(texts, values.batch_size)
    warm_up(stepper, case)

    def run() -> None:
        for step, rows in enumerate(shuffled(texts, values.batch_size, seed, 1)):
            share = schedule.factor(step, steps, values.warmup_fraction)
            stepper.step(rows, values.learning_rate * share, step)

    seconds = timed(run)
    return seconds, loss(model, case.held_out)


def warm_up(stepper: Stepper, case: Case) -> None:
    """A batch of each length that a compiled network is compiled for; the weights stay."""
    rounded = np.ceil(case.train.tokens.lengths / STEP)
    for bucket in np.unique(rounded):
        rows = np.flatnonzero(rounded == bucket)[: case.values.batch_size]
        stepper.step(rows, 0.0, 0)
    stepper.optimizer.state.clear()


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
