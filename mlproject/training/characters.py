"""From token ids to the characters that the tokens are made of, and to a text's lines."""

import torch
from tokenizers import Tokenizer
from torch import Tensor

LINE = "\n"  # the token that ends a line, where a vocabulary has one
NONE = -1


def table(tokenizer: Tokenizer) -> Tensor:
    """(tokens, longest) int64: ids of each token's characters, filled with -1.

    A Chinese word is its characters; every other token is one by itself.
    """
    rows = [[number] for number in range(tokenizer.get_vocab_size())]
    for piece, number in tokenizer.get_vocab().items():
        if len(piece) > 1 and all("\u3400" <= sign <= "\u9fff" for sign in piece):
            parts = [tokenizer.token_to_id(sign) for sign in piece]
            known = [part for part in parts if part is not None]
            rows[number] = known if len(known) == len(parts) else [number]
    longest = max(len(row) for row in rows)
    return torch.tensor([row + [NONE] * (longest - len(row)) for row in rows])


def line(tokenizer: Tokenizer) -> int:
    """The token that ends a line; -1 where there is none."""
    found = tokenizer.token_to_id(LINE)
    return NONE if found is None else found


def spread(ids: Tensor, mask: Tensor, table: Tensor) -> tuple[Tensor, Tensor]:
    """``ids`` and ``mask`` (B, T) of tokens -> of characters (B, C), C of the longest text."""
    valid = ((table[ids] >= 0) * mask[:, :, None]).flatten(1).long()  # (B, T W)
    found = table[ids].flatten(1) * valid
    places = valid.cumsum(1) * valid  # holes go to place 0
    together = found.new_zeros(len(ids), found.shape[1] + 1).scatter(1, places, found)
    number = valid.sum(1, keepdim=True)
    longest = int(number.max())
    inside = torch.arange(longest, device=ids.device) < number
    return together[:, 1 : longest + 1], inside.long()


def first_lines(ids: Tensor, line: int) -> Tensor:
    """(B, T) 1 for each token before the first end of a line; 0 in texts of one line."""
    ends = (ids == line).long()
    return (ends.cumsum(1) == 0).long() * ends.amax(1, keepdim=True)


def behind_first_line(ids: Tensor, line: int) -> Tensor:
    """(B, T) 1 for each token behind the first end of a line: its segment."""
    ends = (ids == line).long()
    return (ends.cumsum(1) > ends).long()
