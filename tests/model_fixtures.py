"""Small real models, and the servers around them, for tests of packaging, serving and steps."""

import hashlib
import json
import os
import secrets
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from types import SimpleNamespace

import pytest

CALLS = [
    "公司拖欠工资三个月了，该怎么办？",
    "车在小区被撞，肇事车跑了，找谁赔？",
    "房东不退押金，能起诉他吗？",
]
OTHERS = ["借钱", "今天天气不错，出门走走", "求推荐一款轻薄的笔记本电脑", "新手机到手，屏幕真好看"]
LABELS = ("other", "consultation")


SPLITS = ("train", "train", "test", "validation", "train", "in_domain")


def write_dataset(folder: Path, rows: int = 40, splits: Sequence[str] = SPLITS) -> Path:
    """A data set with ``rows`` texts of each label, which go to the splits in turn."""
    folder.mkdir(parents=True)
    files = {}
    for label, texts in zip(LABELS, (OTHERS, CALLS), strict=True):
        lines = [
            {
                "id": f"{label}-{index}",
                "text": texts[index % len(texts)] * (1 + index % 7),
                "source": "test",
                "split": splits[index % len(splits)],
            }
            for index in range(rows)
        ]
        text = "".join(json.dumps(line, ensure_ascii=False) + "\n" for line in lines)
        (folder / f"{label}.jsonl").write_text(text, encoding="utf-8")
        digest = hashlib.sha256(text.encode()).hexdigest()
        files[f"{label}.jsonl"] = {"sha256": digest, "rows": rows}
    manifest = {"dataset_id": folder.name, "task": "legal", "labels": LABELS, "files": files}
    manifest["settings"] = {"dataset": {"cleaning": {"privacy": True}}}
    (folder / "manifest.json").write_text(json.dumps(manifest), encoding="utf-8")
    return folder


def write_training(
    folder: Path,
    seed: int = 0,
    run_id: str = "",
    labels: tuple[str, ...] = LABELS,
    positive: bool = True,
) -> Path:
    """A finished training of a BERT with random weights."""
    import torch
    from transformers import BertConfig

    from mlproject.training import folder as files
    from mlproject.training.model import Classifier
    from mlproject.training.record import Record
    from mlproject.training.vocabulary import train

    folder.mkdir(parents=True)
    torch.manual_seed(seed)
    tokenizer = train([*CALLS, *OTHERS], 500, 1)
    tokenizer.enable_truncation(48)
    config = BertConfig(
        vocab_size=tokenizer.get_vocab_size(),
        hidden_size=32,
        num_hidden_layers=2,
        num_attention_heads=2,
        intermediate_size=64,
        max_position_embeddings=64,
        initializer_range=0.3,  # probabilities that differ from text to text
    )
    config.num_labels = len(labels)
    files.write_shell(folder, config, tokenizer)
    files.write_weights(folder, Classifier(config).state_dict())
    Record(
        task="legal",
        labels=labels,
        positive=labels[1] if positive else None,
        dataset_id="d" * 16,
        run_id=run_id,
        base_model="tiny",
        hyperparameters={},
        max_length=48,
        rows={"train": 40},
        device="cpu",
        best_epoch=1,
    ).write(folder)
    return folder


@pytest.fixture(scope="session")
def dataset(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_dataset(tmp_path_factory.mktemp("dataset") / ("d" * 16))


@pytest.fixture(scope="session")
def training(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_training(tmp_path_factory.mktemp("training") / "tiny")


MakeModel = Callable[..., Path]


@pytest.fixture(scope="session")
def make_model(tmp_path_factory: pytest.TempPathFactory, dataset: Path) -> MakeModel:
    """Makes a model folder: ``make_model(seed=…, run_id=…, labels=…, positive=…, form=…)``."""
    from mlproject.dataset import read
    from mlproject.packaging.convert import convert
    from mlproject.packaging.options import Conversion, Name
    from mlproject.task import load

    def make(
        seed: int = 0,
        run_id: str = "",
        labels: tuple[str, ...] = LABELS,
        positive: bool = True,
        form: Name = "fp32",
    ) -> Path:
        home = tmp_path_factory.mktemp("model")
        training = write_training(home / "training", seed, run_id, labels, positive)
        wanted = labels[1] if positive else None
        task = load("legal").model_copy(
            update={
                "labels": labels,
                "positive": wanted,
                "conversion": Conversion(
                    candidates=(form,), agreement=0, loss=1, peers=False, timing_seconds=0.01
                ),
            }
        )
        return convert(task, training, read.load(dataset), home / "models", threads=1)

    return make


@pytest.fixture(scope="session")
def model_folder(make_model: MakeModel) -> Path:
    return make_model()


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def wait_for(url: str, process: subprocess.Popen[bytes], seconds: float = 90) -> None:
    """Until the address answers 200; fails when the process ends or the time is over."""
    import requests

    until = time.monotonic() + seconds
    while time.monotonic() < until:
        assert process.poll() is None, f"the server ended with {process.returncode}"
        try:
            if requests.get(url, timeout=2).ok:
                return
        except requests.RequestException:
            pass
        time.sleep(0.1)
    raise AssertionError(f"{url} did not answer within {seconds} s")


def stop(process: subprocess.Popen[bytes]) -> None:
    """End a process that was started with a session of its own, and its children."""
    os.killpg(process.pid, signal.SIGTERM)
    try:
        process.wait(15)
    except subprocess.TimeoutExpired:
        os.killpg(process.pid, signal.SIGKILL)
        process.wait(15)


class MlflowServer(SimpleNamespace):
    """``url``, and ``run()`` that makes a run and returns its id."""

    url: str

    def run(self) -> str:
        from mlflow import MlflowClient

        client = MlflowClient(self.url)
        experiment = client.get_experiment_by_name("test")
        number = experiment.experiment_id if experiment else client.create_experiment("test")
        return str(client.create_run(number).info.run_id)


def start_mlflow(home: Path, port: int, seconds: float = 90) -> subprocess.Popen[bytes]:
    """A real MLflow server that answers: SQL store, proxied artifacts, all in ``home``."""
    environ = {**os.environ, "MLFLOW_SERVER_ENABLE_JOB_EXECUTION": "false"}
    with (home / "log").open("ab") as log:
        process = subprocess.Popen(
            [
                *(sys.executable, "-m", "mlflow", "server", "--workers", "1"),
                *("--host", "127.0.0.1", "--port", str(port)),
                *("--backend-store-uri", f"sqlite:///{home}/mlflow.db"),
                *("--artifacts-destination", str(home / "artifacts")),
            ],
            cwd=home,
            env=environ,
            stdout=log,
            stderr=log,
            start_new_session=True,
        )
    try:
        wait_for(f"http://127.0.0.1:{port}/health", process, seconds)
    except BaseException:
        stop(process)
        raise
    return process


@pytest.fixture(scope="session")
def mlflow_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[MlflowServer]:
    """A real MLflow server for all tests."""
    port = free_port()
    process = start_mlflow(tmp_path_factory.mktemp("mlflow"), port)
    yield MlflowServer(url=f"http://127.0.0.1:{port}")
    stop(process)


@pytest.fixture
def tracking(mlflow_server: MlflowServer, monkeypatch: pytest.MonkeyPatch) -> MlflowServer:
    """The server as the environment's."""
    monkeypatch.setenv("MLFLOW_TRACKING_URI", mlflow_server.url)
    return mlflow_server


@pytest.fixture
def reports(tmp_path: Path) -> Callable[[Path, bool], tuple[Path, Path]]:
    """``reports(model folder, passed)`` writes an evaluation and a gate report: their files."""

    def write(model: Path, passed: bool) -> tuple[Path, Path]:
        report, gate = tmp_path / "report.json", tmp_path / "gate-report.json"
        same = {"model_sha256": model.name}
        report.write_text(json.dumps(same | {"metrics": {"test": {"f1": 0.9}}}), encoding="utf-8")
        reasons = [] if passed else ["test f1 0.4 is below 0.6"]
        gate.write_text(json.dumps(same | {"passed": passed, "reasons": reasons}), encoding="utf-8")
        return report, gate

    return write


@pytest.fixture
def own_task(tmp_path: Path) -> tuple[str, str]:
    """A task file with a registered model of its own: its path and the model's name."""
    import yaml

    from mlproject.task import load

    name = f"legal-{secrets.token_hex(4)}"
    values = load("legal").model_copy(update={"registered_model": name}).model_dump(mode="json")
    path = tmp_path / "own.yaml"
    path.write_text(yaml.safe_dump(values, allow_unicode=True), encoding="utf-8")
    return str(path), name
