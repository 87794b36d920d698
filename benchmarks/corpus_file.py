"""Corpus files of any size in every format, written in flat memory."""

import csv
import gzip
import io
import itertools
import json
from collections.abc import Iterator, Sequence
from pathlib import Path

GROUP = 5000  # rows of a Parquet row group


def texts(rows: int, base: Sequence[str]) -> Iterator[str]:
    """So many different texts: the given ones over and over, each with its number."""
    for number, text in zip(range(rows), itertools.cycle(base), strict=False):
        yield f"{number} {text}"


def write(path: Path, rows: int, base: Sequence[str]) -> None:
    several = texts(rows, base)
    match path.suffix:
        case ".csv":
            with path.open("w", encoding="utf-8", newline="") as file:
                writer = csv.writer(file)
                writer.writerow(["content"])
                writer.writerows([text] for text in several)
        case ".parquet":
            _write_parquet(path, several)
        case ".json":
            with path.open("w", encoding="utf-8") as file:
                before = "["
                for text in several:
                    file.write(before + _line(text))
                    before = ","
                file.write("]")
        case ".gz":
            with gzip.open(path, "wb", compresslevel=1) as packed:
                lines = io.TextIOWrapper(packed, "utf-8")
                lines.writelines(map(_line, several))
                lines.flush()
        case _:
            with path.open("w", encoding="utf-8") as file:
                file.writelines(map(_line, several))


def _line(text: str) -> str:
    return json.dumps({"content": text}, ensure_ascii=False) + "\n"


def _write_parquet(path: Path, several: Iterator[str]) -> None:
    import pyarrow as pa
    import pyarrow.parquet as parquet

    schema = pa.schema([("content", pa.string())])
    with parquet.ParquetWriter(path, schema) as writer:
        while group := list(itertools.islice(several, GROUP)):
            writer.write_table(pa.table({"content": group}, schema=schema))
