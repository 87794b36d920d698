"""How a data set is made: the part ``dataset`` of a task file."""

from pydantic import BaseModel, ConfigDict, Field


class Options(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Cleaning(Options):
    privacy: bool = True  # mask mail addresses, phone and identity numbers
    simplified: bool = False  # Traditional Chinese characters to Simplified ones
    max_length: int = Field(20_000, ge=100)  # characters read of a text


class HardNegatives(Options):
    """Texts that look like the wanted label and are not: their share of their label's rows."""

    label: str
    sources: tuple[str, ...] = Field(min_length=1)
    share: float = Field(gt=0, lt=1)


class Short(Options):
    """At most this share of each label is shorter than ``below`` characters."""

    below: int = Field(ge=1)
    share: float = Field(gt=0, lt=1)


class MatchShapes(Options):
    """Texts of other labels look from afar, in length and last sign, like those of the wanted.

    In each shape at most ``ratio`` rows of every other label for one of the wanted label (without
    one: of the last). ``floor`` is the share of the wanted rows that every shape is taken to
    have at least: with none, no model would see a text longer or shorter than all wanted ones.
    """

    ratio: float = Field(gt=0)
    floor: float = Field(0.005, ge=0, lt=1)


class Balance(Options):
    """What is taken of the rows that nobody has reviewed; reviewed posts are always kept."""

    keep: tuple[str, ...] = ()  # sources that are kept whole as well
    per_class: int | None = Field(None, ge=1)  # rows of one label
    per_source: int | None = Field(None, ge=1)  # rows of one source
    hard_negatives: HardNegatives | None = None
    short: Short | None = None
    match_shapes: MatchShapes | None = None


class Noise(Options):
    """Rows that a linear model trained on the other rows finds under the wrong label."""

    leave_out: bool = True  # unread posts, of the train split; the list is written in any case
    folds: int = Field(4, ge=2, le=20)
    examine: int = Field(100_000, ge=0)  # rows of the train split at most


class Padding(Options):
    """A share of the corpora's training texts once more, with small talk before or behind."""

    file: str  # one sentence a line; beside the task file
    share: float = Field(gt=0, le=1)


class DatasetOptions(Options):
    cleaning: Cleaning = Cleaning()
    padding: Padding | None = None
    # Who wrote a larger share of all posts, and over a hundred, is no one: a name for deleted or
    # imported accounts. Their posts are not kept together.
    largest_author: float = Field(0.02, gt=0, le=1)
    near_duplicates: float | None = Field(0.8, gt=0, le=1)  # Jaccard similarity; None: exact only
    balance: Balance = Balance()
    noise: Noise = Noise()
    profile: bool = True
