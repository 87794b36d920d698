"""Which encoding a text file is in: found by decoding all of it strictly, never guessed."""

import codecs
import gzip
import io
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO, Literal

from mlproject.errors import InputError

Encoding = Literal["utf-8", "utf-8-sig", "gb18030"]

BLOCK = 1 << 20  # bytes
MAX_LINE = 8 << 20  # bytes; a longer line is no row of a corpus
MIXED = 4  # this many Chinese characters of valid UTF-8 in one line are no accident in GB18030


def open_bytes(path: Path) -> BinaryIO:
    """The file's bytes, unpacked where it is gzip, whatever its name says."""
    file = path.open("rb")
    packed = file.read(2) == b"\x1f\x8b"
    file.seek(0)
    if not packed:
        return file
    return io.BufferedReader(_Gzip(file), BLOCK)


class _Gzip(gzip.GzipFile):
    """A gzip stream that closes the file below it."""

    def __init__(self, file: BinaryIO) -> None:
        super().__init__(fileobj=file, mode="rb")
        self._below = file

    def close(self) -> None:
        super().close()
        self._below.close()


def lines(file: BinaryIO) -> Iterator[bytes]:
    """The lines with their ends.

    Raises:
        ValueError: a line is longer than ``MAX_LINE``.
    """
    for number, line in enumerate(iter(lambda: file.readline(MAX_LINE + 1), b""), start=1):
        if len(line) > MAX_LINE:
            raise ValueError(f"line {number} is longer than {MAX_LINE >> 20} MB")
        yield line


def detect(path: Path) -> Encoding:
    """The encoding in which the whole file is valid: UTF-8, with its mark or not, or GB18030.

    Nearly every byte pair is valid GB18030, so that a line of Chinese which is also valid UTF-8
    is taken as a mixture.

    Raises:
        InputError: it is neither, or a mixture.
        OSError, EOFError, zlib.error: the file cannot be read.
    """
    fault = _invalid(path, "utf-8")
    if fault is None:
        with open_bytes(path) as file:
            return "utf-8-sig" if file.read(3) == codecs.BOM_UTF8 else "utf-8"
    other = _invalid(path, "gb18030")
    if other is not None:
        raise InputError(
            f"{path} is neither UTF-8 (byte {fault}) nor GB18030 (byte {other}):"
            " convert it to UTF-8"
        )
    if number := _utf8_line(path):
        raise InputError(
            f"{path} mixes encodings: byte {fault} is not UTF-8, but line {number} is:"
            " convert it to UTF-8"
        )
    return "gb18030"


def _invalid(path: Path, encoding: str) -> int | None:
    """The position of the first byte that does not fit, or None."""
    decoder = codecs.getincrementaldecoder(encoding)()
    done = 0
    with open_bytes(path) as file:
        while True:
            block = file.read(BLOCK)
            held = len(decoder.getstate()[0])
            try:
                decoder.decode(block, final=not block)
            except UnicodeDecodeError as error:
                return done - held + error.start
            if not block:
                return None
            done += len(block)


def _utf8_line(path: Path) -> int | None:
    """The first line that is Chinese in UTF-8, or None."""
    with open_bytes(path) as file:
        for number, line in enumerate(lines(file), start=1):
            if line.isascii():
                continue
            try:
                text = line.decode("utf-8")
            except UnicodeDecodeError:
                continue
            if sum("\u4e00" <= character <= "\u9fff" for character in text) >= MIXED:
                return number
    return None
