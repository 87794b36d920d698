from pathlib import Path

from mlproject.training.source import digest


def test_the_digest_is_of_names_and_contents_of_the_code(tmp_path: Path) -> None:
    (tmp_path / "one.py").write_text("a = 1\n")
    first = digest(tmp_path)
    (tmp_path / "notes.txt").write_text("no code")
    assert digest(tmp_path) == first
    (tmp_path / "one.py").write_text("a = 2\n")
    second = digest(tmp_path)
    (tmp_path / "one.py").rename(tmp_path / "two.py")
    assert len({first, second, digest(tmp_path)}) == 3
