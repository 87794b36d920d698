"""Ports that are taken, or named twice."""

import socket
from collections.abc import Iterator
from pathlib import Path

import pytest

from deploy.stack.lifecycle import check_ports
from deploy.stack.passwords import Passwords
from deploy.stack.programs import Stack
from mlproject.errors import InputError
from mlproject.settings import Settings


@pytest.fixture
def taken() -> Iterator[int]:
    with socket.socket() as server:
        server.bind(("127.0.0.1", 0))
        server.listen()
        yield int(server.getsockname()[1])


def stack(home: Path, **ports: int) -> Stack:
    return Stack(Settings(home=home).model_copy(update=ports), Passwords(), None)


def test_a_port_in_use_names_the_setting(tmp_path: Path, taken: int) -> None:
    with pytest.raises(InputError, match=f"port {taken} is in use.*MLPROJECT_MLFLOW_PORT"):
        check_ports(stack(tmp_path, airflow_port=1, mlflow_port=taken))


def test_one_port_for_two_servers_names_both(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="MLPROJECT_MLFLOW_PORT and MLPROJECT_AIRFLOW_PORT"):
        check_ports(stack(tmp_path, airflow_port=1024, mlflow_port=1024))
