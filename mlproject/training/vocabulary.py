"""A word-piece vocabulary from texts, for networks with random weights."""

from collections import Counter
from collections.abc import Iterable, Sequence

from tokenizers import Tokenizer, decoders, normalizers, pre_tokenizers, processors
from tokenizers.models import WordPiece

SPECIAL = ("[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]")
LONGEST = 1_000  # characters of one text that are counted


def train(texts: Sequence[str], size: int, min_frequency: int = 2) -> Tokenizer:
    """BERT word pieces: lower case, CJK characters split singly.

    The pieces are the characters, the characters as continuations, and the most frequent words;
    a rarer word is cut into the longest pieces that there are. The library's own trainer is not
    used: it numbers pieces in the order of a hash table, so that the same texts give another
    vocabulary each time.
    """
    tokenizer = Tokenizer(WordPiece(unk_token="[UNK]"))  # noqa: S106  (a token of text)
    tokenizer.normalizer = normalizers.BertNormalizer(lowercase=True)
    tokenizer.pre_tokenizer = pre_tokenizers.BertPreTokenizer()
    tokenizer.decoder = decoders.WordPiece()
    words = _words(tokenizer, texts)
    vocabulary = {piece: number for number, piece in enumerate(_pieces(words, size, min_frequency))}
    tokenizer.model = WordPiece(vocabulary, unk_token="[UNK]")  # noqa: S106
    tokenizer.add_special_tokens(list(SPECIAL))
    cls, sep = vocabulary["[CLS]"], vocabulary["[SEP]"]
    tokenizer.post_processor = processors.BertProcessing(("[SEP]", sep), ("[CLS]", cls))
    return tokenizer


def _words(tokenizer: Tokenizer, texts: Iterable[str]) -> Counter[str]:
    """How often each word occurs, as the tokenizer cuts words."""
    chunks: Counter[str] = Counter()  # between spaces: far fewer to cut than there are texts
    for text in texts:
        chunks.update(tokenizer.normalizer.normalize_str(text[:LONGEST]).split())
    words: Counter[str] = Counter()
    for chunk, number in chunks.items():
        for word, _ in tokenizer.pre_tokenizer.pre_tokenize_str(chunk):
            words[word] += number
    return words


def _pieces(words: Counter[str], size: int, min_frequency: int) -> list[str]:
    """The special pieces, then the most frequent ones, ties by code point."""
    counts = Counter(words)
    for word, number in words.items():
        if len(word) > 1:
            counts[word[0]] += number
            counts.update({f"##{character}": number for character in word[1:]})
    ranked = sorted(counts.items(), key=lambda item: (-item[1], item[0]))
    frequent = [piece for piece, number in ranked if number >= min_frequency]
    return list(dict.fromkeys([*SPECIAL, *frequent]))[:size]
