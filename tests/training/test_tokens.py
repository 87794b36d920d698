import torch

from mlproject.training.batches import Batch
from mlproject.training.tokens import encode, prepare
from mlproject.training.vocabulary import train

TEXTS = ["借钱", "房东不退押金怎么办", "hello 借钱"]
CPU = torch.device("cpu")


def test_a_batch_holds_the_ids_of_each_text_and_padding() -> None:
    tokenizer = prepare(train(TEXTS, 100, 1), 16)
    tokens = encode(TEXTS, tokenizer, CPU)
    ids, mask = tokens.padded(Batch(torch.tensor([1, 0]), int(tokens.lengths[1])))
    assert ids.shape == mask.shape == (2, 11)
    assert ids[0].tolist() == tokenizer.encode(TEXTS[1]).ids
    assert ids[1].tolist() == tokenizer.encode(TEXTS[0]).ids + [tokens.pad] * 7
    assert mask[1].tolist() == [1] * 4 + [0] * 7


def test_texts_are_cut_at_max_length_with_both_special_tokens() -> None:
    tokenizer = prepare(train(TEXTS, 100, 1), 6)
    tokens = encode(["房东不退押金怎么办" * 50], tokenizer, CPU)
    first, last = tokens.ids[0].item(), tokens.ids[-1].item()
    assert tokens.lengths.tolist() == [6]
    assert (first, last) == (tokenizer.token_to_id("[CLS]"), tokenizer.token_to_id("[SEP]"))


def test_an_empty_text_is_two_tokens() -> None:
    tokens = encode([""], prepare(train(TEXTS, 100, 1), 6), CPU)
    assert tokens.lengths.tolist() == [2]
