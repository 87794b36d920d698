"""HTML and Markdown to plain text, with markers for what is not prose."""

import html
import re

LINK, CODE, QUOTE, IMAGE = "[网址]", "[代码]", "[引用]", "[图片]"

_INLINE = "a|abbr|b|big|cite|code|del|em|font|i|ins|kbd|label|mark|q|s|samp|small|span|strike"
_INLINE += "|strong|sub|sup|tt|u|var|center|figure|figcaption|video|audio|source|iframe|button|svg"
_BLOCK = "address|article|aside|body|br|dd|details|div|dl|dt|footer|form|h[1-6]|head|header|hr|html"
_BLOCK += "|li|main|nav|ol|p|pre|section|summary|table|tbody|td|tfoot|th|thead|tr|ul|blockquote"
# Only names of HTML elements: "a < b" and "List<String>" are text.
ANY_TAG = re.compile(rf"<(?:/?(?:{_INLINE}|{_BLOCK}|img|script|style)\b|!--)", re.IGNORECASE)
BLOCK_TAG = re.compile(rf"</?(?:{_BLOCK})\b[^<>]*>", re.IGNORECASE)
INLINE_TAG = re.compile(rf"</?(?:{_INLINE})\b[^<>]*>", re.IGNORECASE)
IMAGE_TAG = re.compile(r"<img\b[^<>]*>", re.IGNORECASE)
# What opens, by the name of its group; and what closes it.
UNSEEN = re.compile(
    r"<(?:(?P<script>script)|(?P<style>style))\b[^<>]*>|(?P<comment><!--)", re.IGNORECASE
)
CODE_TAG = re.compile(r"(?P<pre><pre\b[^<>]*>)", re.IGNORECASE)
QUOTE_TAG = re.compile(r"(?P<blockquote><blockquote\b[^<>]*>)", re.IGNORECASE)
CLOSING = {
    name: re.compile(rf"</{name}\s*>", re.IGNORECASE)
    for name in ("script", "style", "pre", "blockquote")
} | {"comment": re.compile("-->")}
# Longer ones than any character has: ``html.unescape`` raises for some thousand digits.
ENDLESS = re.compile(r"&#[0-9]{100,};?")
NO_CHARACTER = "\ufffd"

# Rules for lines are for a text that begins with a line end: a pattern that begins with a literal
# or one class is searched for many times as quickly as one that begins with ``^`` or a look behind.
FENCE = re.compile(r"\n[ \t]*(```+|~~~+)(?s:.*?)(?:\n[ \t]*\1[ \t]*(?=\n|\Z)|\Z)")
QUOTED = re.compile(r"\n[ \t]*>.*(?:\n[ \t]*>.*)*")
# These match what is no link as well, without the last group: a search that gave up there would
# begin anew at each of a thousand brackets.
PICTURE = re.compile(r"!\[[^\]\n]*(?:\]\([^)\n]*(\)?))?")
ANCHOR = re.compile(r"\[([^\]\n]*)(?:\]\([^)\n]*(\)?))?")
HEADING = re.compile(r"\n[ \t]*#{1,6}[ \t]+")
BULLET = re.compile(r"\n[ \t]*[-*+][ \t]+")
RULE = re.compile(r"\n[ \t]*(?:[-=*_][ \t]*){3,}(?=\n|\Z)")
TABLE_RULE = re.compile(r"\n(?:[ \t]*\|)?(?:[ \t]*:?-{2,}:?[ \t]*\|)+[-: \t]*(?=\n|\Z)")
# A look for a mark costs a tenth of a search for lines that have it.
MARKS = re.compile(r"[`~>#|*_=+\-\]]")
LINE_MARK = re.compile(r"\n[ \t]*[-=*_+]")
RULES = re.compile(r"[-=*_](?:(?<=-)(?:-| -)|(?<==)=|(?<=\*)(?:\*| \*)|(?<=_)_)")
BULLETS = re.compile(r"[-*+](?: |(?<![+])\t)")
# Not the asterisks that hide a number, as in 138****0000.
# An underlined text without an end is matched as well, without the last group, as above.
STRONG = re.compile(
    r"\*(?<![*_].)\*(?=[^\s*_])([^\n*]++)(?<=\S)\*\*(?![*_])"
    r"|_(?<![*_].)_(?=[^\s*_])([^\n*]+?)(?:(?<=\S)(__)(?![*_])|(?=[\n*]|\Z))"
)
BACKTICKS = re.compile(r"`([^`\n]+)`")
# A name of a host or a path ends at white space, a CJK character or its punctuation.
URL = re.compile(
    r"[HhFfWw](?i:(?:(?<=h)ttps?://|(?<=f)tp://|(?<=w)(?<![A-Za-z0-9.].)ww\.)"
    r"[A-Za-z0-9\-._~:/?#\[\]@!$&'()*+,;=%]+)"
)


def without_tags(text: str) -> str:
    """Tags out, block elements as lines, code, quotes and pictures as markers."""
    if "<" in text and ANY_TAG.search(text):
        text = _closed(text, UNSEEN, "")
        text = _closed(text, CODE_TAG, f"\n{CODE}\n")
        text = _closed(text, QUOTE_TAG, f"\n{QUOTE}\n")
        text = IMAGE_TAG.sub(IMAGE, text)
        text = INLINE_TAG.sub("", BLOCK_TAG.sub("\n", text))
    return text


def unescape(text: str) -> str:
    """Entities as the characters that they stand for."""
    if "&#" in text:
        text = ENDLESS.sub(NO_CHARACTER, text)
    return html.unescape(text) if "&" in text else text


def _closed(text: str, opening: re.Pattern[str], put: str) -> str:
    """Each part from an opening to the next closing of its kind as ``put``.

    A closing that is not found once is not looked for again, however many parts are left open.
    """
    pieces: list[str] = []
    end, never = 0, set[str]()
    for found in opening.finditer(text):
        kind = found.lastgroup or ""
        if found.start() >= end and kind not in never:
            closing = CLOSING[kind].search(text, found.end())
            if closing is None:
                never.add(kind)
            else:
                pieces += (text[end : found.start()], put)
                end = closing.end()
    return "".join((*pieces, text[end:])) if pieces else text


def from_markdown(text: str) -> str:
    """Marks of Markdown out; code blocks, quoted lines and pictures as markers."""
    if MARKS.search(text) is None:
        return text
    text = f"\n{text}"
    if "```" in text or "~~~" in text:
        text = FENCE.sub(f"\n{CODE}", text)
    if ">" in text:
        text = QUOTED.sub(f"\n{QUOTE}", text)
    if "](" in text:
        text = ANCHOR.sub(_named, PICTURE.sub(_picture, text))
    text = _without_line_marks(text)
    if "**" in text or "__" in text:
        text = STRONG.sub(_plain, text)
    return (BACKTICKS.sub(r"\1", text) if "`" in text else text)[1:]


def _picture(found: re.Match[str]) -> str:
    return IMAGE if found[1] else found[0]


def _named(found: re.Match[str]) -> str:
    return found[1] if found[2] else found[0]


def _plain(found: re.Match[str]) -> str:
    return found[1] or (found[2] if found[3] else found[0])


def _without_line_marks(text: str) -> str:
    if "#" in text:
        text = HEADING.sub("\n", text)
    if LINE_MARK.search(text):
        if RULES.search(text):
            text = RULE.sub("\n", text)
        if BULLETS.search(text):
            text = BULLET.sub("\n", text)
    if "|" in text and "--" in text:
        text = TABLE_RULE.sub("\n", text)
    return text


def mark_links(text: str) -> str:
    """Every address of a page as one marker."""
    if "://" in text or "www." in text or "WWW." in text:
        text = URL.sub(LINK, text)
    return text
