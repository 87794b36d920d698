"""A classifier described by one YAML file: labels, sources, training, gate."""

from pathlib import Path
from typing import Annotated, Literal

import yaml
from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from mlproject.dataset.options import DatasetOptions
from mlproject.errors import InputError
from mlproject.packaging.options import Conversion
from mlproject.settings import describe
from mlproject.training.distillation.options import Distillation
from mlproject.training.pretraining.options import Pretraining

FOLDER = Path(__file__).resolve().parent / "tasks"


NgramSize = Annotated[int, Field(ge=1, le=5)]
WANTED = {
    "texts": ("text",),
    "reviews": ("id", "title", "content", "created"),
    "labels": ("id",),
}


class Part(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Corpus(Part):
    """One labelled file: in the data folder, else beside the task file (``file``), or from ``url``.

    ``texts`` rows go to corpus_text. ``reviews`` rows are forum posts that somebody has read:
    they go to topic and review. ``labels`` rows are such posts by their id alone: they go to
    review and count once the post is crawled. ``fields`` maps what is wanted to what the file
    calls it; a name with dots (``question.0``) goes into objects and lists. ``label`` is given to
    every row; otherwise the field ``fields["label"]`` holds a key of ``labels``; a key that
    ``labels`` maps to null is skipped. ``source`` is what the rows are said to come from unless
    ``fields["source"]`` says it; the corpus's name by default.
    """

    name: str = Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]*$")
    file: str | None = None
    url: str | None = Field(None, pattern=r"^https://")
    sha256: str | None = Field(None, pattern=r"^[0-9a-f]{64}$")  # of the file as it is kept
    enabled: bool = True  # False: only when asked for by name
    kind: Literal["texts", "reviews", "labels"] = "texts"
    role: Literal["training", "evaluation"] = "training"
    format: Literal["jsonl", "json", "csv", "tsv", "parquet"] | None = None  # None: by the name
    items: str = ""  # JSON: where in the object the list is, as a dotted path
    header: tuple[str, ...] = ()  # CSV, TSV: the columns of a file that does not name them
    quotes: bool | None = None  # CSV, TSV: whether " quotes; None: in CSV only
    fields: dict[str, str]
    label: str | None = None
    labels: dict[str, str | None] = Field(default_factory=dict)
    source: str | None = None
    licence: str
    max_rows: int | None = Field(None, ge=1)

    @property
    def place(self) -> str:
        """The file or the address, as the task file gives it."""
        return self.file or self.url or ""

    @property
    def wanted(self) -> tuple[str, ...]:
        """The fields that every row must have, besides its label."""
        return WANTED[self.kind]

    @model_validator(mode="after")
    def _one_of_each(self) -> "Corpus":
        if (self.file is None) == (self.url is None):
            raise ValueError(f"corpus {self.name}: give either file or url")
        if (self.label is None) == ("label" not in self.fields):
            raise ValueError(f"corpus {self.name}: give either label or fields.label")
        if missing := sorted(set(self.wanted) - set(self.fields)):
            raise ValueError(f"corpus {self.name}: fields lacks {missing[0]}")
        return self


class Topics(Part):
    """Unreviewed forum posts as rows of one label: noisy, but plenty."""

    label: str
    max_rows: int = Field(60_000, ge=0)
    # Beside each post its title alone, and the post cut to the length of a wanted text, so that
    # length does not give the label away.
    titles: bool = True
    cuts: bool = True


class Training(Part):
    """Defaults of one training; each can be given to the step."""

    preset: Literal["smoke", "t4", "gpu", "full"] | None = None  # training/presets.py
    max_length: int = Field(256, ge=8, le=512)  # tokens
    epochs: int = Field(10, ge=1)
    batch_size: int = Field(32, ge=1)  # texts
    learning_rate: float = Field(5e-5, gt=0)
    weight_decay: float = Field(0.01, ge=0)
    warmup_fraction: float = Field(0.1, ge=0, le=1)  # of all steps
    focal_gamma: float = Field(2.0, ge=0)
    focal_alpha: tuple[float, ...] | None = None  # weight per label, in order
    balance_labels: bool = True  # without focal_alpha: rare labels weigh more
    label_smoothing: float = Field(0.0, ge=0, lt=1)
    # Pattern of a row's source (``*`` and ``?``) to weight; all that match are multiplied.
    source_weights: dict[str, Annotated[float, Field(ge=0)]] = Field(default_factory=dict)
    reviewed_weight: float = Field(1.0, gt=0)  # of a post that somebody has read, beside that
    dropout: float = Field(0.1, ge=0, lt=1)
    segments: bool = False  # what is behind the first end of a line is BERT's second segment
    # Sizes of the n-grams that a linear model beside the network looks at: in tokens, in
    # characters, and in characters of the first line where there are more; all () for none.
    ngrams: tuple[NgramSize, ...] = ()
    character_ngrams: tuple[NgramSize, ...] = ()
    title_ngrams: tuple[NgramSize, ...] = ()
    ngram_strength: float = Field(3.0, gt=0)  # scikit-learn's C: more of it fits closer
    # Of all weight in that model, in calibration and in the threshold; None: as many as they are.
    reviewed_share: float | None = Field(None, gt=0, lt=1)
    reviewed_positive: float = Field(1.0, gt=0)  # there, of a reviewed post of the positive label
    threshold_precision: float | None = Field(None, gt=0, le=1)  # None: the best F1
    max_texts: int | None = Field(None, ge=2)  # of each split: about as many of each label
    micro_tokens: int | None = Field(None, ge=1)  # worked on at once, in memory; None: by device
    precision: Literal["auto", "bf16", "fp16", "fp32"] = "auto"  # of products; weights are fp32
    compile: bool | None = None  # with torch.compile; None: on newer GPUs, for longer trainings
    patience: int = Field(2, ge=1)  # epochs without a better validation F1
    seed: int = 13
    pretrain: bool = False  # on all texts first, without their labels
    pretraining: Pretraining = Pretraining()


class Baselines(Part):
    """Simple models that a model is compared with, on the same texts."""

    keywords: tuple[str, ...] = ()  # a text with one of them has the positive label
    linear: bool = True  # TF-IDF of character n-grams and logistic regression
    prompt: str | None = None  # file for a language model, beside the task file


class Evaluation(Part):
    """What is measured besides each split, its sources and its quartiles of length."""

    behaviour: str | None = None  # file of the behavioural suite, beside the task file
    titles: bool = False  # posts by their titles alone
    openers: tuple[str, ...] = ()  # words that say nothing: each text without them
    baselines: Baselines = Baselines()


class Gate(Part):
    """What a model must reach before it is served."""

    # split -> metric -> value; of the split "behaviour" the metrics are the rates of passed cases:
    # all, minimum, invariance, direction, or one capability as minimum.NAME
    minimum: dict[str, dict[str, float]] = Field(default_factory=dict)
    # How much worse than the champion it may be; refused where that is certain (97.5 %).
    tolerance: float = Field(0.02, ge=0)
    compare: tuple[str, ...] = ("test", "in_domain")  # splits compared with the champion
    metric: str = "f1"


class Task(Part):
    name: str = Field(pattern=r"^[a-z][a-z0-9_-]*$")
    title: str
    labels: tuple[str, ...] = Field(min_length=2)
    positive: str | None = None  # the label that is looked for; None: all labels alike
    registered_model: str
    corpora: tuple[Corpus, ...] = ()
    topics: Topics | None = None
    dataset: DatasetOptions = DatasetOptions()
    training: Training = Training()
    distillation: Distillation | None = None  # None: the trained network itself is served
    conversion: Conversion = Conversion()
    evaluation: Evaluation = Evaluation()
    gate: Gate = Gate()
    examples: tuple[str, ...] = ()  # texts that the demo and the page show

    @property
    def reference(self) -> str:
        """The label whose lengths the others are matched with: the wanted one, or the last."""
        return self.positive or self.labels[-1]

    @model_validator(mode="after")
    def _labels_are_known(self) -> "Task":
        used = {self.positive, self.topics.label if self.topics else None}
        if hard := self.dataset.balance.hard_negatives:
            used.add(hard.label)
        names = [corpus.name for corpus in self.corpora]
        if twice := {name for name in names if names.count(name) > 1}:
            raise ValueError(f"corpora: the name {min(twice)} is there twice")
        for corpus in self.corpora:
            used |= {corpus.label, *corpus.labels.values()}
        unknown = sorted(name for name in used if name is not None and name not in self.labels)
        if unknown:
            raise ValueError(f"label {unknown[0]!r} is not among labels {list(self.labels)}")
        return self


def beside(task: str, name: str) -> Path:
    """A file that a task file names: beside it, else among the shipped ones.

    Raises:
        InputError: it is at neither place.
    """
    if path := bundled(task, name):
        return path
    folders = " or ".join(map(str, _folders(task)))
    raise InputError(f"task {task!r}: no file {name!r} in {folders}")


def bundled(task: str, name: str) -> Path | None:
    """Like ``beside``, but None where there is no such file."""
    paths = (folder / name for folder in _folders(task))
    return next((path for path in paths if path.is_file()), None)


def _folders(task: str) -> list[Path]:
    return [Path(task).parent, FOLDER] if task.endswith((".yaml", ".yml")) else [FOLDER]


def load(name: str, folder: Path = FOLDER) -> Task:
    """The task of that name (``tasks/NAME.yaml``) or of a path to a YAML file.

    Raises:
        InputError: there is no such file, or it does not fit.
    """
    path = Path(name) if name.endswith((".yaml", ".yml")) else folder / f"{name}.yaml"
    if not path.is_file():
        known = ", ".join(sorted(file.stem for file in folder.glob("*.yaml")))
        raise InputError(f"task {name!r}: no file {path}; shipped tasks: {known}")
    try:
        return Task.model_validate(yaml.safe_load(path.read_text(encoding="utf-8")))
    except yaml.YAMLError as error:
        raise InputError(f"task {path}: not YAML: {' '.join(str(error).split())}") from None
    except ValidationError as error:
        raise InputError(f"task {path}: {describe(error)}") from None
