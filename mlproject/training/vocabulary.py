"""A vocabulary from texts, for networks with random weights."""

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

from tokenizers import (
    AddedToken,
    Regex,
    Tokenizer,
    decoders,
    normalizers,
    pre_tokenizers,
    processors,
)
from tokenizers.models import WordPiece

from mlproject.errors import InputError
from mlproject.training.characters import LINE

SPECIAL = ("[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]")
LONGEST = 1_000  # characters of one text that are counted
LONGEST_WORD = 12  # characters
CHINESE = r"\u3400-\u4dbf\u4e00-\u9fff"
# Runs without a mark are cut here, so that none is too long for the longest word to be looked for.
RUNS = Regex(rf"[{CHINESE}]{{1,20}}|[^{CHINESE}]{{1,32}}")


def train(
    texts: Sequence[str], size: int, min_frequency: int = 2, words: bool = False
) -> Tokenizer:
    """BERT word pieces: lower case, CJK characters split singly, or with ``words`` in words.

    The pieces are the characters, the characters as continuations, and the most frequent words;
    a rarer word is cut into the longest pieces that there are. The library's own trainer is not
    used: it numbers pieces in the order of a hash table, so that the same texts give another
    vocabulary each time.

    With ``words`` Chinese is cut into the longest words of the vocabulary, which are those that
    jieba finds most often: two fifths fewer tokens, of which each means more by itself.
    """
    tokenizer = _of_words() if words else _of_characters()
    if words:
        pieces = _frequent(_chinese_words(tokenizer, texts), size, min_frequency, "")
    else:
        pieces = _frequent(_words(tokenizer, texts), size, min_frequency, "##")
    vocabulary = {piece: number for number, piece in enumerate(pieces)}
    return _of_pieces(tokenizer, vocabulary, words)


def read(path: Path) -> Tokenizer:
    """The tokenizer of a file: a whole one in JSON, or BERT's word pieces, one a line.

    Raises:
        InputError: it is neither, or lacks one of the special pieces.
    """
    try:
        if path.suffix == ".json":
            tokenizer = Tokenizer.from_file(str(path))
        else:
            # bert-base-chinese has U+2028 among its pieces, which ends a line for ``splitlines``.
            lines = path.read_text(encoding="utf-8").removesuffix("\n").split("\n")
            pieces = {piece: number for number, piece in enumerate(lines)}
            tokenizer = _of_pieces(_of_characters(), pieces, words=False)
    except Exception as error:  # the library's own are of no narrower kind
        raise InputError(
            f"vocabulary {path}: cannot be read ({' '.join(str(error).split())}): give "
            f"tokenizer.json, or a vocab.txt with one piece a line, {', '.join(SPECIAL)} among them"
        ) from None
    for piece in SPECIAL:
        if tokenizer.token_to_id(piece) is None:
            raise InputError(f"vocabulary {path}: has no piece {piece}")
    return tokenizer


def _of_pieces(tokenizer: Tokenizer, vocabulary: dict[str, int], words: bool) -> Tokenizer:
    tokenizer.model = _model(vocabulary, words)
    cls, sep = (vocabulary[piece] for piece in ("[CLS]", "[SEP]"))
    tokenizer.add_special_tokens(list(SPECIAL))
    if words:
        # Found before white space is taken away: a model sees where a post's title ends.
        tokenizer.add_special_tokens([AddedToken(LINE, normalized=False)])
    tokenizer.post_processor = processors.BertProcessing(("[SEP]", sep), ("[CLS]", cls))
    return tokenizer


def _model(vocabulary: dict[str, int], words: bool) -> WordPiece:
    prefix = "" if words else "##"
    return WordPiece(vocabulary, unk_token="[UNK]", continuing_subword_prefix=prefix)  # noqa: S106


def _of_characters() -> Tokenizer:
    tokenizer = Tokenizer(_model({}, words=False))
    tokenizer.normalizer = normalizers.BertNormalizer(lowercase=True)
    tokenizer.pre_tokenizer = pre_tokenizers.BertPreTokenizer()
    tokenizer.decoder = decoders.WordPiece()
    return tokenizer


def _of_words() -> Tokenizer:
    tokenizer = Tokenizer(_model({}, words=True))
    tokenizer.normalizer = normalizers.BertNormalizer(
        lowercase=True, strip_accents=True, handle_chinese_chars=False
    )
    runs = pre_tokenizers.Split(RUNS, "isolated")
    tokenizer.pre_tokenizer = pre_tokenizers.Sequence([pre_tokenizers.BertPreTokenizer(), runs])
    return tokenizer


def _words(tokenizer: Tokenizer, texts: Iterable[str]) -> Counter[str]:
    """How often each word occurs, as the tokenizer cuts words."""
    words: Counter[str] = Counter()
    for chunk, number in _chunks(tokenizer, texts).items():
        for word, _ in tokenizer.pre_tokenizer.pre_tokenize_str(chunk):
            words[word] += number
    return words


def _chinese_words(tokenizer: Tokenizer, texts: Iterable[str]) -> Counter[str]:
    """How often each word occurs, as jieba cuts what the tokenizer would look into."""
    from rjieba import Jieba

    jieba, words = Jieba(), Counter[str]()
    for chunk, number in _chunks(tokenizer, texts).items():
        for run, _ in tokenizer.pre_tokenizer.pre_tokenize_str(chunk):
            for word in jieba.cut(run):
                if len(word) <= LONGEST_WORD:
                    words[word] += number
    return words


def _chunks(tokenizer: Tokenizer, texts: Iterable[str]) -> Counter[str]:
    """Between spaces: far fewer to cut than there are texts."""
    return Counter(chunk for text in texts for chunk in _spelt(tokenizer, text))


def _spelt(tokenizer: Tokenizer, text: str) -> Iterator[str]:
    yield from tokenizer.normalizer.normalize_str(text[:LONGEST]).split()


def _frequent(words: Counter[str], size: int, min_frequency: int, prefix: str) -> list[str]:
    """The special pieces, then the most frequent ones, ties by code point.

    Without a prefix of continuations all characters come before all words: what is made of rarer
    words must be there.
    """
    counts = Counter(words)
    for word, number in words.items():
        if len(word) > 1:
            counts[word[0]] += number
            counts.update({f"{prefix}{character}": number for character in word[1:]})
    ranked = sorted(
        counts.items(), key=lambda item: (not prefix and len(item[0]) > 1, -item[1], item[0])
    )
    frequent = [piece for piece, number in ranked if number >= min_frequency]
    return list(dict.fromkeys([*SPECIAL, *frequent]))[:size]
