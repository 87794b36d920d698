"""Small candidates, and what earlier data sets have settled."""

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from mlproject.dataset.build import Built
from mlproject.dataset.row import Candidate
from mlproject.dataset.select import Before
from mlproject.dataset.split import NONE
from mlproject.task import Task, load

Build = Callable[..., Built]


def task(**dataset: Any) -> Task:
    """The task legal; no noise, no page and no balance unless told."""
    plain = {"noise": {"examine": 0}, "profile": False, **dataset}
    return Task.model_validate(load("legal").model_dump() | {"dataset": plain})


def other(number: int, text: str = "", **values: Any) -> Candidate:
    words = "天地玄黄宇宙洪荒日月盈昃辰宿列张寒来暑往秋收冬藏闰余成岁律吕调阳云腾致雨露结为霜"
    body = text or "".join(words[(number * 7 + step * (number % 11 + 3)) % len(words)]
                           for step in range(24)) + str(number)  # fmt: skip
    return Candidate(f"o{number}", body, "other", values.pop("source", "s"), **values)


def asked(number: int, text: str = "", **values: Any) -> Candidate:
    body = (
        text
        or f"{number}公司拖欠工资{'甲乙丙丁戊己庚辛壬癸'[number % 10] * 9}{number * 31}怎么办？"
    )
    return Candidate(f"c{number}", body, "consultation", values.pop("source", "q"), **values)


def nothing_before(keys: NDArray[np.int64]) -> NDArray[np.int8]:
    return np.full(len(keys), NONE, np.int8)


def after(*built: Built) -> Before:
    """What the given data sets have settled."""
    pairs = (zip(each.keys.tolist(), each.splits.tolist(), strict=True) for each in built)
    settled = {key: split for several in pairs for key, split in several}
    return lambda keys: np.array([settled.get(key, NONE) for key in keys.tolist()], np.int8)


def mixed(number: int) -> list[Candidate]:
    """So many texts of each label that a linear model tells apart."""
    words = (("consultation", "公司拖欠工资起诉赔偿"), ("other", "键盘手感不错推荐显示器"))
    return [labelled(label, place, label, said) for place in range(number) for label, said in words]


def labelled(name: str, place: int, label: str, said: str, **values: Any) -> Candidate:
    text = f"{said}{chr(0x4E00 + place * 7)}{chr(0x5E00 + place * 3)}"
    return Candidate(f"{name}{place}", text, label, "s", **values)
