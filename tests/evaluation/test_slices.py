from mlproject.dataset.read import Example
from mlproject.evaluation.slices import of, sample, without


def example(identity: str, text: str, source: str = "forum") -> Example:
    return Example(identity, text, 0, source)


POST = example("forum-1", "标题在此\n正文很长，有许多字")
SPLITS = {
    "train": [example("forum-9", "never measured")],
    "test": [
        POST,
        example("corpus-a", "两行\n却不是帖子", "questions"),
        example("forum-2", "请问，咋办"),
    ],
}


def names(**options: object) -> list[str]:
    return [part.name for part in of(SPLITS, **options)]  # type: ignore[arg-type]


def test_a_split_its_sources_and_its_quartiles_of_length() -> None:
    assert names() == [
        "test",
        *("test/source/forum", "test/source/questions"),
        *("test/length/q1", "test/length/q2", "test/length/q4"),
    ]


def test_the_quartiles_hold_every_text_once() -> None:
    texts = {"test": [example(f"forum-{size}", "字" * size) for size in range(1, 101)]}
    quartiles = [part for part in of(texts) if part.kind == "length"]
    assert [len(part.texts) for part in quartiles] == [25, 25, 25, 25]
    assert quartiles[0].note == "1 to 25 characters"


def test_posts_by_their_titles_alone() -> None:
    (part,) = [part for part in of(SPLITS, titles=True) if part.kind == "title_only"]
    assert part.texts == ("标题在此",)
    assert part.examples == (POST,)


def test_parts_of_posts_are_no_posts() -> None:
    texts = {"test": [example("forum-1-cut", "一\n二"), example("forum-1-title", "一\n二")]}
    assert "test/title_only" not in [part.name for part in of(texts, titles=True)]


def test_every_text_without_its_openers() -> None:
    (part,) = [part for part in of(SPLITS, openers=["请问"]) if part.kind == "opener_stripped"]
    assert part.texts == (POST.text, "两行\n却不是帖子", "咋办")
    assert part.note == "1 of 3 texts changed"


def test_openers_go_wherever_they_stand_and_the_longest_first() -> None:
    strip = without(["您好", "律师", "咨询", "咨询一下"])
    assert strip("律师您好！！咨询一下，押金不退咋办") == "押金不退咋办"
    assert strip("押金不退，律师，咋办") == "押金不退，咋办"
    assert strip("您好，律师") == "您好，律师"


def test_a_slice_knows_its_kind() -> None:
    source = next(part for part in of(SPLITS) if part.kind == "source")
    assert (source.split, source.which) == ("test", "forum")
    assert of(SPLITS)[0].kind == ""


def test_a_sample_is_always_the_same_and_grows() -> None:
    whole = of({"test": [example(f"forum-{row}", str(row)) for row in range(50)]})[0]
    few, more = sample(whole, 5), sample(whole, 10)
    assert few.texts == more.texts[:5]
    assert len(set(more.texts)) == 10
    assert few.kind == "sample"


def test_nothing_to_evaluate() -> None:
    assert of({"train": SPLITS["train"]}) == []
