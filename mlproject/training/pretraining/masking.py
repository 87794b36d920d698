"""Which tokens are hidden from the network, and what stands in their place."""

from dataclasses import dataclass, replace

import torch
from torch import Tensor

from mlproject.training.batches import Packed

MASKED, REPLACED = 0.8, 0.1  # of the chosen tokens; the others stay as they are


@dataclass(frozen=True)
class Mask:
    """Devlin et al. 2019, "BERT", section 3.1; of whole words as in Cui et al. 2019."""

    share: float  # of the tokens between [CLS] and [SEP]
    piece: int  # [MASK]
    vocabulary: int  # pieces, from which the replacements are drawn
    special: Tensor  # (S,) int64 on the device: pieces that are never chosen

    def count(self, tokens: int, texts: int) -> int:
        """How many tokens are chosen of texts with so many, [CLS] and [SEP] counted."""
        return max(1, round(self.share * (tokens - 2 * texts)))


@dataclass(frozen=True)
class Masked:
    texts: Packed  # as the network sees them
    where: Tensor  # (M,) int64, ascending: positions in ``texts.ids`` that were chosen
    truth: Tensor  # (M,) int64: what stood there


def hide(texts: Packed, begins: Tensor, mask: Mask, generator: torch.Generator) -> Masked:
    """Choose words at random until their tokens are ``mask.count``; waits for no device.

    The number is exact, so the last word may lose only its first tokens. Texts of special pieces
    alone have some of those chosen.

    Args:
        begins: (N,) bool, whether a token begins a word.
        generator: of the texts' device; its state decides all.
    """
    device, tokens = texts.ids.device, len(texts.ids)
    words = begins.cumsum(0)
    ranks = torch.rand(tokens + 1, generator=generator, device=device)[words]
    ranks = ranks.masked_fill(torch.isin(texts.ids, mask.special), 2.0)
    number = mask.count(tokens, len(texts.lengths))
    where = ranks.argsort(stable=True)[:number].sort().values
    truth = texts.ids[where]
    fate = torch.rand(number, generator=generator, device=device)
    others = torch.randint(mask.vocabulary, (number,), generator=generator, device=device)
    shown = torch.where(fate < MASKED + REPLACED, others, truth)
    shown = torch.where(fate < MASKED, mask.piece, shown)
    return Masked(replace(texts, ids=texts.ids.index_copy(0, where, shown)), where, truth)
