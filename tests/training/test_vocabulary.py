from pathlib import Path

import pytest

from mlproject.errors import InputError
from mlproject.training.vocabulary import SPECIAL, read, train

TEXTS = ["Python 公司拖欠工资", "python 程序员", "公司", "ＰＹＴＨＯＮ"]


def test_chinese_characters_are_split_singly() -> None:
    pieces = train(TEXTS, 100, 1).encode("公司工资", add_special_tokens=False).tokens
    assert pieces == ["公", "司", "工", "资"]


def test_a_frequent_word_is_one_piece_and_a_new_one_several() -> None:
    tokenizer = train(TEXTS, 100)
    assert tokenizer.encode("PYTHON", add_special_tokens=False).tokens == ["python"]
    assert tokenizer.encode("pythonic", add_special_tokens=False).tokens == ["[UNK]"]
    pieces = tokenizer.encode("pythonth", add_special_tokens=False).tokens
    assert pieces == ["python", "##t", "##h"]


def test_the_same_texts_give_the_same_vocabulary() -> None:
    texts = [f"word{index % 50} 文{chr(0x4E00 + index)}字 tail{index % 7}" for index in range(500)]
    assert train(texts, 300).to_str() == train(texts, 300).to_str()


def test_special_pieces_come_first_and_the_size_is_kept() -> None:
    tokenizer = train(TEXTS, 12, 1)
    assert tokenizer.get_vocab_size() == 12
    assert [tokenizer.id_to_token(number) for number in range(5)] == list(SPECIAL)


def test_a_character_that_was_not_seen_is_unknown() -> None:
    assert train(TEXTS, 100, 1).encode("龘", add_special_tokens=False).tokens == ["[UNK]"]


def test_chinese_is_cut_into_the_longest_frequent_words() -> None:
    texts = ["公司拖欠工资怎么办", "公司没有工资", "怎么办"] * 5
    tokenizer = train(texts, 100, words=True)
    pieces = tokenizer.encode("工资怎么办", add_special_tokens=False).tokens
    assert pieces == ["工资", "怎么办"]


def test_a_rare_word_is_cut_into_characters_that_the_vocabulary_has() -> None:
    tokenizer = train(["公司工资", "公司", "司工"] * 5, 100, words=True)
    assert tokenizer.encode("司资", add_special_tokens=False).tokens == ["司", "资"]


def test_a_long_text_without_a_mark_has_no_unknown_word() -> None:
    tokenizer = train(["公司工资" * 3] * 5, 100, words=True)
    assert "[UNK]" not in tokenizer.encode("公司工资" * 500).tokens


def test_a_file_of_word_pieces_is_read(tmp_path: Path) -> None:
    file = tmp_path / "vocab.txt"
    file.write_text("\n".join((*SPECIAL, "公", "司", "python", "##ic")) + "\n", encoding="utf-8")
    tokenizer = read(file)
    assert tokenizer.encode("公司Pythonic").tokens == [
        *("[CLS]", "公", "司", "python", "##ic", "[SEP]")
    ]


def test_a_piece_that_only_looks_like_the_end_of_a_line_is_one(tmp_path: Path) -> None:
    pieces = (*SPECIAL, "\u2028", "公", "\u0085", "司")
    file = tmp_path / "vocab.txt"
    file.write_text("\n".join(pieces) + "\n", encoding="utf-8")
    tokenizer = read(file)
    assert tokenizer.get_vocab_size() == len(pieces)
    assert [tokenizer.id_to_token(number) for number in range(len(pieces))] == list(pieces)


def test_a_whole_tokenizer_is_read(tmp_path: Path) -> None:
    made = train(TEXTS, 100, 1, words=True)
    made.save(str(tmp_path / "tokenizer.json"))
    assert read(tmp_path / "tokenizer.json").to_str() == made.to_str()


@pytest.mark.parametrize("name", ["vocab.txt", "tokenizer.json"])
def test_a_file_that_is_no_vocabulary_is_named(tmp_path: Path, name: str) -> None:
    (tmp_path / name).write_text("公\n司\n", encoding="utf-8")
    with pytest.raises(InputError, match=rf"{name}: cannot be read"):
        read(tmp_path / name)
