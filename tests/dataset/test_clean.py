"""Texts in one spelling."""

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from mlproject.dataset.clean import CHINESE, MARKER, clean, clean_all
from mlproject.dataset.options import Cleaning

from .markup_texts import ANY_TEXTS, TEXTS


@pytest.mark.parametrize(
    ("raw", "cleaned"),
    [
        ("<p>老板<b>不给</b>钱</p><br>怎么办", "老板不给钱\n怎么办"),
        ("a &lt; b &amp; c", "a < b & c"),
        ("当 a < b 时 List<String> 对吗", "当a < b时List<String>对吗"),
        ("看<img src='x'>这张", "看[图片]这张"),
        ("<script>alert('x')</script>正文", "正文"),
        ("# 求助\n\n- 第一\n- **第二**\n\n---\n完", "求助\n第一\n第二\n完"),
        ("看 [官网](https://example.com/a) 和 ![图](https://example.com/b.png)", "看官网和[图片]"),
        ("代码：\n```python\nprint('押金')\n```\n为什么？", "代码：\n[代码]\n为什么？"),
        ("用 `pip` 装", "用pip装"),
        ("> 他说不退\n> 押金\n真的吗", "[引用]\n真的吗"),
        ("<blockquote>原话</blockquote>我的问题", "[引用]\n我的问题"),
        ("见https://example.com/a?b=1。谢谢", "见[网址]。谢谢"),
        ("www.example.com/x 打不开", "[网址]打不开"),
        ("ＡＢＣ１２３　（全角）", "ABC123 (全角)"),
        ("你好,请问?", "你好，请问？"),
        ("太多了！！！？？", "太多了！？"),
        ("等等......。。。", "等等…"),
        ("我  用\t Python\r\n\r\n\r\n写", "我用Python\n写"),
        ("押金&nbsp;&nbsp;不退&emsp;&#8203;&#8195;吗", "押金不退吗"),
        ("&#65313;&#13;&#x3000;B", "A\nB"),
        ("a&nbsp;&hairsp;b\u2006c", "a b c"),
        ("\u2068押金\u2069不退", "押金不退"),
        ("&lt;b&gt;&amp;nbsp;", "<b>&nbsp;"),
    ],
)
def test_markup_and_spelling(raw: str, cleaned: str) -> None:
    assert clean(raw) == cleaned


@pytest.mark.parametrize("hidden", ["XX公司", "xxx公司", "××公司", "某某公司", "**公司", "○○公司"])
def test_hidden_names_are_written_in_one_way(hidden: str) -> None:
    assert clean(f"我在{hidden}上班") == "我在某公司上班"


@pytest.mark.parametrize("word", ["5xx 错误", "exxon", "尺码 xxl"])
def test_a_run_of_x_within_a_word_is_not_a_hidden_name(word: str) -> None:
    assert "某" not in clean(word)


PERSONAL = [
    ("请发到 zhang.san@example.com 谢谢", "请发到[邮箱]谢谢"),
    ("<email> 或 <phone>", "[邮箱]或[电话]"),
    ("电话13800138000。", "电话[电话]。"),
    ("电话 138 0013 8000", "电话[电话]"),
    ("电话１３８００１３８０００", "电话[电话]"),
    ("+86 13800138000", "[电话]"),
    ("138****8000 的机主", "[电话]的机主"),
    ("固话 0755-12345678", "固话[电话]"),
    ("客服400-820-8820", "客服[电话]"),
    ("身份证11010519491231002X", "身份证[证件号]"),
    ("护照号：E12345678", "护照号：[证件号]"),
    ("加vx13800138000", "加vx[电话]"),
    ("+V13800138000", "+V[电话]"),
    ("谢谢.vx13800138000", "谢谢.vx[电话]"),
    ("电话138.0013.8000", "电话[电话]"),
    ("138 **** 8000的机主", "[电话]的机主"),
    ("008613800138000", "[电话]"),
    ("固话075512345678", "固话[电话]"),
    ("固话(0755) 12345678", "固话[电话]"),
    ("+86-755-1234 5678", "[电话]"),
    ("客服4008208820", "客服[电话]"),
    ("客服400 820 8820", "客服[电话]"),
    ("客服4008-208-820", "客服[电话]"),
    ("身份证110105491231002", "身份证[证件号]"),
    ("身份证110105 19491231 002X", "身份证[证件号]"),
    ("电话138&nbsp;0013&nbsp;8000", "电话[电话]"),
    ("电话&#65297;3800138000", "电话[电话]"),
    ("<pre>押金138&#32;0013&#32;8000</pre>", "<pre>押金[电话]</pre>"),
    (f"{'a' * 70}@example.com", "[邮箱]"),
]


@pytest.mark.parametrize(("raw", "masked"), PERSONAL)
def test_what_names_a_person_is_masked(raw: str, masked: str) -> None:
    assert clean(raw) == masked


@pytest.mark.parametrize(
    "raw",
    [
        "赔偿 12345678 元",
        "订单号2023010112345678901",
        "2023-01-02 12:30",
        "单号SF1380013800012",
        "单号no-AB13800138000",
        "提交9fa3c13800138000",
        "提交abcdefabcdefab13800138000",
        "版本v1.138.0013",
        "地址138.0013.80001",
        "营收4008208820元",
        "共8000000000字节",
        "系数0.075512345678",
        "工商注册号：440106000305073",
        "时间戳1700000000000",
    ],
)
def test_other_numbers_stay(raw: str) -> None:
    assert "[" not in clean(raw)


def test_the_privacy_switch_can_be_turned_off() -> None:
    assert clean("电话13800138000", Cleaning(privacy=False)) == "电话13800138000"


def test_a_very_long_text_is_cut() -> None:
    assert len(clean("长" * 500, Cleaning(max_length=100))) == 100


@pytest.mark.parametrize("blank", [" ", "\u200b", "\ufeff \n"])
def test_what_cannot_be_seen_before_a_text_does_not_count_in_its_length(blank: str) -> None:
    assert clean(f"{blank * 20_000}押金不退") == "押金不退"


def test_of_a_long_text_that_turns_chinese_late_the_chinese_is_kept() -> None:
    text = f"{'word ' * 30}[网址] 押金不退{'长' * 200}"
    assert clean(text, Cleaning(max_length=100)) == f"押金不退{'长' * 96}"


def test_an_entity_of_any_length_is_read() -> None:
    assert clean(f"押金&#{'9' * 5000};不退") == "押金\ufffd不退"


@settings(max_examples=400, deadline=None, derandomize=True)
@given(TEXTS, st.sampled_from(["", " " * 120, "word " * 40, "\u200b" * 120]))
@example("> 只有引用", "")
@example("```\n只有代码\n```", "")
@example("<!-- 只有注释 -->", "")
@example("<script>脚本里的中文</script>", "")
@example("&#25276;&#37329;&nbsp;", "")
def test_cleaning_never_empties_a_chinese_text(raw: str, before: str) -> None:
    if CHINESE.search(MARKER.sub("", raw)):
        cleaned = clean(f"{before}{raw}", Cleaning(max_length=100))
        assert CHINESE.search(MARKER.sub("", cleaned))


@settings(max_examples=200, deadline=None, derandomize=True)
@given(TEXTS)
def test_a_cleaned_text_has_no_white_space_to_spare(raw: str) -> None:
    cleaned = clean(raw)
    assert cleaned == cleaned.strip()
    assert "  " not in cleaned
    assert "\n\n" not in cleaned


@settings(max_examples=200, deadline=None, derandomize=True)
@given(*[TEXTS.filter(lambda text: not any(sign.isdigit() for sign in text))] * 2)
def test_no_mobile_number_survives_wherever_it_stands(before: str, after: str) -> None:
    assert "13800138000" not in clean(f"{before} 13800138000 {after}")


@settings(max_examples=400, deadline=None, derandomize=True)
@given(st.lists(ANY_TEXTS, max_size=6), st.booleans())
@example(["", "> 引用", "\u1680# 标题", "<ſ>"], True)
@example(["退款。\n", "\x00", "13800138000", "\ud800"], True)
def test_many_texts_are_cleaned_as_each_would_be(texts: list[str], privacy: bool) -> None:
    options = Cleaning(privacy=privacy, max_length=100)
    assert clean_all(texts, options) == [clean(text, options) for text in texts]
