"""The processor's name."""

from pathlib import Path

from mlproject.packaging import processor


def test_it_is_the_model_that_linux_names(tmp_path: Path) -> None:
    (tmp_path / "cpuinfo").write_text("processor\t: 0\nmodel name\t: A Chip 9\nflags\t: x\n")
    assert processor.name(tmp_path / "cpuinfo") == "A Chip 9"


def test_elsewhere_it_is_what_the_system_knows(tmp_path: Path) -> None:
    assert processor.name(tmp_path / "nothing")
