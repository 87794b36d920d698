"""Near-duplicates."""

import random
from pathlib import Path

import numpy as np

from mlproject.dataset.near import Clusters, cluster
from mlproject.dataset.ngrams import hashed


def test_hashes_of_a_text_do_not_depend_on_its_neighbours() -> None:
    texts = ["押金", "", "a", "房东不退押金怎么办"]
    for sizes in ((3,), (1, 2, 3)):
        hashes, offsets = hashed(texts, sizes)
        for place, text in enumerate(texts):
            alone, _ = hashed([text], sizes)
            mine = hashes[offsets[place] : offsets[place + 1]]
            assert sorted(mine.tolist()) == sorted(alone.tolist())


def test_n_grams_are_counted_with_a_blank_on_either_side() -> None:
    assert np.diff(hashed(["押金", "a", ""], (3,))[1]).tolist() == [2, 1, 0]


def test_the_root_of_a_cluster_is_its_first_row() -> None:
    clusters = Clusters(5)
    for one, other in ((4, 3), (3, 1), (0, 2)):
        clusters.join(one, other)
    assert clusters.roots().tolist() == [0, 1, 0, 1, 1]


def test_nearly_the_same_text_is_found_and_another_is_not(tmp_path: Path) -> None:
    text = "我在一家公司上班三年，老板拖欠工资两个月，还说要辞退我，请问可以要求赔偿吗？"
    texts = [
        "今天天气不错，想出门走走，大家有什么推荐的地方吗？",
        text,
        f"{text}谢谢",
        "我在一家公司上班三年，现在想换一份离家近一些的工作，大家觉得怎么样？",
        text.replace("两个月", "两 个月"),
    ]
    assert cluster(enumerate(texts), 5, 0.8, tmp_path).tolist() == [0, 1, 1, 3, 1]


def test_most_near_duplicates_are_found_and_hardly_any_others(tmp_path: Path) -> None:
    """Against the true Jaccard similarity of all pairs."""
    choose = random.Random(3)
    words = [chr(code) for code in range(0x4E00, 0x4E00 + 800)]
    texts = []
    for _ in range(60):
        base = choose.choices(words, k=80)
        texts.append("".join(base))
        for changes in (1, 3, 8, 20):
            copy = list(base)
            for place in choose.sample(range(80), changes):
                copy[place] = choose.choice(words)
            texts.append("".join(copy))
    roots = cluster(enumerate(texts), len(texts), 0.8, tmp_path)
    grams = [{text[at : at + 3] for at in range(len(text) - 2)} for text in texts]
    near = far = missed = wrong = 0
    for one in range(len(texts)):
        for other in range(one):
            true = len(grams[one] & grams[other]) / len(grams[one] | grams[other])
            same = roots[one] == roots[other]
            near, missed = near + (true >= 0.9), missed + (true >= 0.9 and not same)
            far, wrong = far + (true < 0.6), wrong + (true < 0.6 and bool(same))
    assert near > 50
    assert missed / near < 0.02
    assert wrong / far < 0.001
