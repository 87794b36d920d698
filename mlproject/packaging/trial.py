"""Every candidate written, checked against PyTorch and timed; the fastest that passes is served."""

import logging
import os
import shutil
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import numpy as np

from mlproject.errors import InputError
from mlproject.packaging import candidates, fidelity, parity, peers, timing
from mlproject.packaging.candidates import Candidate
from mlproject.packaging.fidelity import Reference
from mlproject.packaging.manifest import MODEL, TOKENIZER, Parity
from mlproject.packaging.options import Conversion as Options
from mlproject.packaging.parity import Probability
from mlproject.packaging.report import Conversion, Fidelity, Row, Speed
from mlproject.serving.capacity import cores
from mlproject.serving.predictor import Predictor
from mlproject.training.folder import Trained

log = logging.getLogger(__name__)

TIE = 1.05  # times the fastest: no difference that another run would show again
MB = 1e6


@dataclass(frozen=True)
class Tried:
    folder: Path
    predictor: Predictor
    fidelity: Fidelity


@dataclass(frozen=True)
class Outcome:
    folder: Path  # of the served candidate: its ONNX file and the tokenizer
    parity: Parity  # of fp32
    conversion: Conversion


class Trial:
    """One training's candidates. ``home``: a folder for their files."""

    def __init__(
        self,
        trained: Trained,
        tokenizer: Path,
        reference: Reference,
        learnt: Sequence[str],
        options: Options,
        threads: int,
        home: Path,
        metadata: Mapping[str, str],
    ) -> None:
        """``learnt``: training texts that static scales are calibrated on."""
        self._trained, self._tokenizer = trained, tokenizer
        self._reference, self._learnt = reference, learnt
        self._options, self._threads = options, threads
        self._home, self._metadata = home, metadata
        self._tried: dict[str, Tried] = {}

    def run(self) -> Outcome:
        """
        Raises:
            InputError: fp32 is not what PyTorch gives, or no candidate may be served.
        """
        exact, report = self._exact()
        predictor = self._tried["fp32"].predictor
        for name in self._options.candidates:
            if name != "fp32":
                rows = partial(predictor.encode, self._learnt)
                for candidate in candidates.of(name, self._trained.model, rows, self._threads):
                    if self._try(candidate, exact):
                        break
        passing = self._passing()
        texts = predictor.encode(self._reference.texts[: len(self._reference.ids)])
        conversion = self._timed(timing.spread(texts, self._options.timed_texts), passing)
        served = self._tried[conversion.served]
        allowances = served.fidelity.allowances
        return Outcome(
            served.folder, report.model_copy(update={"allowances": allowances}), conversion
        )

    def _exact(self) -> tuple[Probability, Parity]:
        """fp32's answers, and that they are PyTorch's."""
        reference = self._reference
        (fp32,) = candidates.of("fp32", self._trained.model, list, self._threads)
        predictor = self._write(fp32)
        exact = predictor.predict(reference.texts)
        rows = exact[: len(reference.ids)]
        report = parity.check(rows, reference.expected, reference.ids, reference.dataset_id)
        report = parity.noted(report, self._options.texts)
        found = fidelity.measure(predictor, reference, exact, exact, self._options)
        if not found.mixed_difference <= parity.ALONE:
            raise InputError(
                f"the ONNX file gives a text of {found.mixed_texts} another answer in a batch, by "
                f"{found.mixed_difference:.1e}; at most {parity.ALONE} is rounding"
            )
        # A label that rounding in fp32 changes is of a text on the threshold itself.
        found = found.model_copy(update={"reason": ""})
        self._tried["fp32"] = Tried(self._home / "fp32", predictor, found)
        return exact, report

    def _try(self, candidate: Candidate, exact: Probability) -> bool:
        predictor = self._write(candidate)
        answers = predictor.predict(self._reference.texts)
        found = fidelity.measure(predictor, self._reference, answers, exact, self._options)
        self._tried[candidate.name] = Tried(self._home / candidate.name, predictor, found)
        log.info("%s: %s", candidate.name, found.reason or "passes")
        return not found.reason

    def _write(self, candidate: Candidate) -> Predictor:
        folder = self._home / candidate.name
        folder.mkdir()
        shutil.copyfile(self._tokenizer, folder / TOKENIZER)
        candidate.write(folder / MODEL, {**self._metadata, "candidate": candidate.name})
        return Predictor.of_files(folder, self._trained.record.max_length, self._threads)

    def _passing(self) -> list[str]:
        wanted = [
            name
            for name in self._tried
            if any(name.startswith(asked) for asked in self._options.candidates)
        ]
        passing = [name for name in wanted if not self._tried[name].fidelity.reason]
        if not passing:
            reasons = "; ".join(f"{name}: {self._tried[name].fidelity.reason}" for name in wanted)
            raise InputError(f"no candidate may be served: {reasons or 'none runs here'}")
        return passing

    def _timed(self, rows: timing.Rows, passing: Sequence[str]) -> Conversion:
        runs: dict[str, timing.Run] = {
            name: tried.predictor.run for name, tried in self._tried.items()
        }
        notes: dict[str, str] = {}
        if self._options.peers:
            for name, run in peers.of(self._trained.model, rows, self._threads).items():
                if isinstance(run, str):
                    notes[name] = run
                else:
                    runs[name] = run
        load = os.getloadavg()[0] / cores()
        speeds = timing.race(runs, rows, self._options.timing_seconds)
        return Conversion(
            served=choose({name: (speeds[name], self._tried[name].fidelity) for name in passing}),
            rows={name: self._row(name, speeds.get(name), notes) for name in (*runs, *notes)},
            timed_texts=len(rows),
            timed_tokens=float(np.mean([len(row) for row in rows])),
            threads=self._threads or cores(),
            load=load,
        )

    def _row(self, name: str, speed: Speed | None, notes: Mapping[str, str]) -> Row:
        tried = self._tried.get(name)
        if tried is None:
            return Row(speed=speed, note=notes.get(name, ""))
        size = (tried.folder / MODEL).stat().st_size / MB
        return Row(speed=speed, fidelity=tried.fidelity, megabytes=size)


def choose(passing: Mapping[str, tuple[Speed, Fidelity]]) -> str:
    """The fastest; of those about as fast, the one whose answers depend least on the batch."""
    fastest = min(speed.mean_ms for speed, _ in passing.values())
    close = {
        name: found.mixed_difference
        for name, (speed, found) in passing.items()
        if speed.mean_ms <= fastest * TIE
    }
    return min(close, key=lambda name: close[name])
