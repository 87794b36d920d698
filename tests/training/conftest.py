"""Small data sets that can be learnt in seconds."""

import random
from collections.abc import Callable
from pathlib import Path

import pytest

from mlproject.dataset import read
from mlproject.dataset.read import Dataset
from mlproject.task import Task, load
from mlproject.training.origin import Origin
from mlproject.training.plan import Plan, plan
from mlproject.training.tracking import LogTracker
from tests.dataset_fixtures import Row, write

MATTERS = ("押金", "工资", "合同", "车祸", "离婚", "遗产", "欠款", "赔偿")
ASKED = ("被拖着不给，能起诉吗", "出了纠纷，该怎么维权", "对方赖账，我要怎么告他")
THINGS = ("键盘", "手机", "电影", "咖啡", "路由器", "小猫", "耳机", "晚饭")
SAID = ("真好用，推荐给大家", "今天到手了，开心", "大家平时都怎么选")


def rows(number: int) -> list[Row]:
    """``number`` rows, half of each label: three quarters train, the rest validation and test."""
    draw = random.Random(0)
    made = []
    for index in range(number):
        label = ("other", "consultation")[index % 2]
        nouns, ends = ((THINGS, SAID), (MATTERS, ASKED))[index % 2]
        text = f"{draw.choice(nouns)}{draw.choice(ends)}{'。' * draw.randint(0, 9)}{index}"
        split = ("train", "train", "train", "validation")[index // 2 % 4]
        if index // 2 % 16 == 15:
            split = "test"
        made.append(Row(str(index), text, label, f"source-{index % 3}", split))
    return made


@pytest.fixture(scope="session")
def task() -> Task:
    return load("legal")


@pytest.fixture(scope="session")
def toy(tmp_path_factory: pytest.TempPathFactory, task: Task) -> Dataset:
    """256 rows of two labels that words tell apart."""
    return read.load(write(tmp_path_factory.mktemp("datasets"), task, rows(256)))


MakePlan = Callable[..., Plan]


@pytest.fixture
def make_plan(task: Task, toy: Dataset) -> MakePlan:
    """Plans a short training of ``tiny``; keywords are values of the training."""

    def make(base_model: str = "tiny", **given: object) -> Plan:
        return plan(task, toy, Origin(base_model), {"epochs": 2, "max_length": 24, **given})

    return make


@pytest.fixture
def tracker() -> LogTracker:
    return LogTracker()


@pytest.fixture
def home(tmp_path: Path) -> Path:
    return tmp_path / "training"
