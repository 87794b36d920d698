from pathlib import Path

import pytest
import torch
from tokenizers import Tokenizer

from mlproject.training import cache, tokens
from mlproject.training.vocabulary import train

TEXTS = ["借钱", "房东不退押金怎么办", "hello 借钱"]
CPU = torch.device("cpu")


@pytest.fixture
def tokenizer() -> Tokenizer:
    return tokens.prepare(train(TEXTS, 100, 1), 16)


def one(folder: Path) -> Path:
    (path,) = folder.iterdir()
    return path


def test_what_is_read_is_what_was_tokenised(tokenizer: Tokenizer, tmp_path: Path) -> None:
    first = cache.encode(TEXTS, tokenizer, CPU, tmp_path)
    written = one(tmp_path).read_bytes()
    again = cache.encode(TEXTS, tokenizer, CPU, tmp_path)
    plain = tokens.encode(TEXTS, tokenizer, CPU)
    for found in (first, again):
        assert torch.equal(found.ids, plain.ids)
        assert found.lengths.tolist() == plain.lengths.tolist()
    assert one(tmp_path).read_bytes() == written


def test_the_file_is_read(
    tokenizer: Tokenizer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = cache.encode(TEXTS, tokenizer, CPU, tmp_path)
    monkeypatch.setattr(cache, "word_pieces", None)
    assert torch.equal(cache.encode(TEXTS, tokenizer, CPU, tmp_path).ids, first.ids)


def test_other_texts_or_another_length_have_files_of_their_own(
    tokenizer: Tokenizer, tmp_path: Path
) -> None:
    for texts, given in (
        (TEXTS, tokenizer),
        (TEXTS[:2], tokenizer),
        (["借", "钱房东不退押金怎么办", "hello 借钱"], tokenizer),
        (TEXTS, tokens.prepare(tokenizer, 8)),
    ):
        cache.encode(texts, given, CPU, tmp_path)
    assert len(list(tmp_path.iterdir())) == 4


@pytest.mark.parametrize("at", [-3, 40], ids=["ids", "header"])
def test_a_damaged_file_is_written_anew(tokenizer: Tokenizer, tmp_path: Path, at: int) -> None:
    first = cache.encode(TEXTS, tokenizer, CPU, tmp_path)
    path = one(tmp_path)
    whole = path.read_bytes()
    data = bytearray(whole)
    data[at] ^= 1
    path.write_bytes(bytes(data))
    assert torch.equal(cache.encode(TEXTS, tokenizer, CPU, tmp_path).ids, first.ids)
    assert path.read_bytes() == whole


def test_only_the_newest_files_are_kept(tokenizer: Tokenizer, tmp_path: Path) -> None:
    for number in range(cache.KEPT + 3):
        cache.encode([str(number)], tokenizer, CPU, tmp_path)
    assert len(list(tmp_path.iterdir())) == cache.KEPT


def test_a_folder_that_takes_nothing_costs_nothing(tokenizer: Tokenizer, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    found = cache.encode(TEXTS, tokenizer, CPU, tmp_path / "file" / "below")
    assert torch.equal(found.ids, tokens.encode(TEXTS, tokenizer, CPU).ids)
