"""A word-piece vocabulary from texts, for networks with random weights."""

from collections import Counter
from collections.abc import Sequence

from tokenizers import Tokenizer, decoders, normalizers, pre_tokenizers, processors
from tokenizers.models import WordPiece
from tokenizers.trainers import WordPieceTrainer

SPECIAL = ("[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]")
CHARACTERS = 6_000  # kept, the most frequent ones; V2EX posts use about 7,000, half of them rarely
LONGEST = 1_000  # characters of one text that are counted


def train(texts: Sequence[str], size: int, min_frequency: int = 2) -> Tokenizer:
    """BERT word pieces: lower case, CJK characters split singly; the same texts, the same pieces.

    Rarer characters become [UNK].
    """
    tokenizer = Tokenizer(WordPiece(unk_token="[UNK]"))  # noqa: S106  (a token of text)
    tokenizer.normalizer = normalizers.BertNormalizer(lowercase=True)
    tokenizer.pre_tokenizer = pre_tokenizers.BertPreTokenizer()
    tokenizer.decoder = decoders.WordPiece()
    trainer = WordPieceTrainer(
        vocab_size=size,
        min_frequency=min_frequency,
        special_tokens=list(SPECIAL),
        show_progress=False,
    )
    normalised = [tokenizer.normalizer.normalize_str(text[:LONGEST]) for text in texts]
    tokenizer.train_from_iterator(_frequent_only(normalised, min_frequency), trainer)
    cls, sep = SPECIAL.index("[CLS]"), SPECIAL.index("[SEP]")  # the trainer puts them first
    tokenizer.post_processor = processors.BertProcessing(("[SEP]", sep), ("[CLS]", cls))
    return tokenizer


def _frequent_only(texts: Sequence[str], min_frequency: int) -> list[str]:
    """Texts with the rarest characters blanked.

    The trainer's own limit breaks ties between equally frequent characters by chance.
    """
    counts: Counter[str] = Counter()
    for text in texts:
        counts.update(text)
    ranked = sorted(counts.items(), key=lambda item: (-item[1], item[0]))
    rare = {
        ord(character): " "
        for position, (character, number) in enumerate(ranked)
        if position >= CHARACTERS or number < min_frequency
    }
    return [text.translate(rare) for text in texts] if rare else list(texts)
