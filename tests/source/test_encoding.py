"""Recognising encodings by strict decoding."""

from pathlib import Path

import pytest

from mlproject.errors import InputError
from mlproject.source.encoding import BLOCK, detect

CHINESE = "公司拖欠工资三个月了，我该怎么办？\n"


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030"])
@pytest.mark.parametrize("repeat", [1, BLOCK // 50])  # more than one block, cut inside characters
def test_the_encoding_is_the_one_it_was_written_in(
    tmp_path: Path, encoding: str, repeat: int
) -> None:
    (tmp_path / "q").write_bytes((CHINESE * repeat).encode(encoding))
    assert detect(tmp_path / "q") == encoding


def test_ascii_is_utf_8(tmp_path: Path) -> None:
    (tmp_path / "q").write_bytes(b"plain\n")
    assert detect(tmp_path / "q") == "utf-8"


@pytest.mark.parametrize("first", ["utf-8", "gb18030"])
def test_a_mixture_is_refused(tmp_path: Path, first: str) -> None:
    second = "gb18030" if first == "utf-8" else "utf-8"
    even = "公司拖欠工资三个月\n我\n"  # whole pairs: valid GB18030 throughout
    data = even.replace("\n我", "，\n").encode(first) + CHINESE[:-2].encode(second)
    (tmp_path / "q").write_bytes(data * 3)
    with pytest.raises(InputError, match=r"mixes encodings|is neither UTF-8"):
        detect(tmp_path / "q")


def test_a_mixture_of_valid_pairs_is_told_by_its_utf_8_line(tmp_path: Path) -> None:
    (tmp_path / "q").write_bytes("拖欠工资\n".encode("gb18030") + "拖欠工资\n".encode())
    with pytest.raises(InputError, match=r"byte 0 is not UTF-8, but line 2 is"):
        detect(tmp_path / "q")


@pytest.mark.parametrize("data", [b"ok\n\xff\xfe\xff", b"ok\n\x81", bytes(range(256))])
def test_garbage_is_refused_with_the_place(tmp_path: Path, data: bytes) -> None:
    (tmp_path / "q").write_bytes(data)
    with pytest.raises(InputError, match=r"neither UTF-8 \(byte \d+\) nor GB18030 \(byte \d+\)"):
        detect(tmp_path / "q")
