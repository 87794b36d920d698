"""What a text is, and when two texts are the same."""

import pytest

from mlproject.dataset.text import content_hash, key, keys, normalise, of_post


def test_a_post_is_its_title_and_its_content() -> None:
    assert of_post(" 求助 ", "第一行\n第二行") == "求助\n第一行\n第二行"


def test_line_ends_are_of_one_kind() -> None:
    assert normalise("第一行\r\n第二行\r第三行\r\n") == "第一行\n第二行\n第三行"


def test_invisible_characters_and_lone_surrogates_are_dropped() -> None:
    assert normalise("a\x00b\x1bc\ud800d\te\u200b\ufeff") == "abcd\te"


@pytest.mark.parametrize("same", ["ＡＢＣ 押金", "abc\n押金 ", "Abc押金"])
def test_width_case_and_white_space_do_not_make_another_text(same: str) -> None:
    assert content_hash(same) == content_hash("abc押金")


def test_another_character_makes_another_text() -> None:
    assert content_hash("押金不退") != content_hash("押金退了")


def test_the_key_of_a_cleaned_text_is_blind_to_case_and_white_space() -> None:
    assert key("Abc 押金\n不退") == key("abc押金不退") != key("abc押金退了")


def test_many_texts_have_the_keys_that_each_would_have() -> None:
    signs = [f"a{chr(code)}B" for code in range(0x30000) if code % 7 == 0 or code < 0x3100]
    signs += ["", " \u3000", "İstanbul STRASSE ß", "\ud800"]
    expected = [key(sign) for sign in signs]
    assert keys(signs) == expected
    assert keys(signs[1:]) == expected[1:]  # without one that has what the texts are joined by
