import numpy as np
import torch

from mlproject.training.pretraining.words import encode
from mlproject.training.tokens import prepare, word_pieces
from mlproject.training.vocabulary import train

CPU = torch.device("cpu")
TEXTS = ["公司拖欠工资三个月", "hello world", "", "房东不退押金" * 20]


def test_pieces_of_a_word_follow_its_first() -> None:
    tokenizer = prepare(train(TEXTS, 60, 1), 32)
    found = encode(TEXTS, tokenizer, CPU, whole=True)
    pieces, begins = found.packed(np.array([0]))
    shown = [tokenizer.id_to_token(number) for number in pieces.ids.tolist()]
    assert shown == ["[CLS]", *"公司拖欠工资三个月", "[SEP]"]
    assert begins.tolist()[:4] == [True, True, False, True]  # 公司 | 拖…
    assert begins[-1]


def test_the_tokens_are_those_of_a_training() -> None:
    tokenizer = prepare(train(TEXTS, 60, 1), 32)
    ids, lengths = word_pieces(TEXTS, tokenizer)
    found = encode(TEXTS, tokenizer, CPU, whole=True)
    assert found.tokens.ids.tolist() == ids.tolist()
    assert found.tokens.lengths.tolist() == lengths.tolist()


def test_without_words_each_piece_stands_alone() -> None:
    tokenizer = prepare(train(TEXTS, 60, 1), 32)
    assert encode(TEXTS, tokenizer, CPU, whole=False).begins.ids.all()
