import torch
from tokenizers import Tokenizer

from mlproject.training import characters
from mlproject.training.vocabulary import train

TEXTS = ["拖欠工资\n公司拖欠工资怎么办 hello", "劳动合同"] * 3


def words() -> Tokenizer:
    return train(TEXTS, 200, 1, words=True)


def spread(tokenizer: Tokenizer, *texts: str, titles: bool = False) -> list[str]:
    tokenizer.enable_padding()
    encodings = tokenizer.encode_batch(list(texts))
    ids = torch.tensor([row.ids for row in encodings])
    mask = torch.tensor([row.attention_mask for row in encodings])
    if titles:
        mask = mask * characters.first_lines(ids, characters.line(tokenizer))
    found, inside = characters.spread(ids, mask, characters.table(tokenizer))
    return [
        " ".join(tokenizer.id_to_token(number) or "" for number in row[: seen.sum()].tolist())
        for row, seen in zip(found, inside, strict=True)
    ]


def test_words_become_their_characters_and_other_tokens_stay() -> None:
    found = spread(words(), "拖欠工资 hello", "劳动合同")
    assert found == ["[CLS] 拖 欠 工 资 hello [SEP]", "[CLS] 劳 动 合 同 [SEP]"]


def test_single_characters_stay_as_they_are() -> None:
    assert spread(train(TEXTS, 200, 1), "拖欠工资") == ["[CLS] 拖 欠 工 资 [SEP]"]


def test_a_title_ends_with_the_first_line() -> None:
    found = spread(words(), "拖欠工资\n公司\n怎么办", "劳动合同", titles=True)
    assert found == ["[CLS] 拖 欠 工 资", ""]


def test_a_vocabulary_of_characters_knows_no_lines() -> None:
    assert characters.line(train(TEXTS, 200, 1)) == -1
