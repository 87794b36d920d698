"""What the demo leaves behind is what it promised."""

import re

import requests

from mlproject.task import load
from tests.end_to_end.stack_under_test import StackUnderTest


def test_every_step_of_the_retraining_is_shown(printed: str) -> None:
    steps = re.findall(r"retrain \d/8 (\w+) \(", printed)
    assert steps == [
        "export",
        "train",
        "convert",
        "evaluate",
        "gate",
        "register",
        "build",
        "promote",
    ]


def test_the_task_s_examples_are_answered_as_a_reader_would(printed: str) -> None:
    lines = re.findall(r"^ +(\w+) \d\.\d{3}  (.+)$", printed, re.MULTILINE)
    answers = {text: label for label, text in lines}
    asked = load("legal").examples
    assert [answers.get(text) for text in asked] == [*["consultation"] * 2, *["other"] * 4]


def test_the_addresses_and_the_place_of_the_passwords_are_printed(
    printed: str, stack: StackUnderTest
) -> None:
    for name in ("AIRFLOW", "MLFLOW", "SERVICE"):
        assert stack.address(name) in printed
    assert "secrets.json" in printed
    assert stack.password not in printed


def test_the_service_answers_clients_that_know_the_old_field(stack: StackUnderTest) -> None:
    url = stack.address("SERVICE") + "/predict"
    answer = requests.post(url, json={"content": "公司拖欠工资三个月了，怎么办"}, timeout=10).json()
    assert answer["is_lawer"] == 1
    assert answer["label"] == "consultation"


def test_a_second_demo_does_nothing_twice(stack: StackUnderTest) -> None:
    before = requests.get(stack.address("SERVICE") + "/model", timeout=10).json()
    done = stack.order("demo", seconds=180)
    assert done.returncode == 0, done.stdout[-3000:]
    after = requests.get(stack.address("SERVICE") + "/model", timeout=10).json()
    assert after["version"] == before["version"]


def test_nothing_listens_beyond_loopback(stack: StackUnderTest) -> None:
    open_to_all = [
        connection.laddr
        for process in stack.processes()
        for connection in process.net_connections("inet")
        if connection.status == "LISTEN" and not connection.laddr.ip.startswith(("127.", "::1"))
    ]
    assert open_to_all == []
