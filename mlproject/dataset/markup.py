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
UNSEEN = re.compile(r"<(script|style)\b[^<>]*>.*?</\1\s*>|<!--.*?-->", re.IGNORECASE | re.DOTALL)
CODE_TAG = re.compile(r"<pre\b[^<>]*>.*?</pre\s*>", re.IGNORECASE | re.DOTALL)
QUOTE_TAG = re.compile(r"<blockquote\b[^<>]*>.*?</blockquote\s*>", re.IGNORECASE | re.DOTALL)

FENCE = re.compile(r"^[ \t]*(```+|~~~+).*?(?:^[ \t]*\1[ \t]*$|\Z)", re.MULTILINE | re.DOTALL)
QUOTED = re.compile(r"(?:^[ \t]*>.*(?:\n|\Z))+", re.MULTILINE)
PICTURE = re.compile(r"!\[[^\]\n]*\]\([^)\n]*\)")
ANCHOR = re.compile(r"\[([^\]\n]*)\]\([^)\n]*\)")
HEADING = re.compile(r"^[ \t]*#{1,6}[ \t]+", re.MULTILINE)
BULLET = re.compile(r"^[ \t]*[-*+][ \t]+", re.MULTILINE)
RULE = re.compile(r"^[ \t]*(?:[-=*_][ \t]*){3,}$", re.MULTILINE)
TABLE_RULE = re.compile(r"^[ \t]*\|?(?:[ \t]*:?-{2,}:?[ \t]*\|)+[-: \t]*$", re.MULTILINE)
# A look for a mark costs a tenth of a search for lines that have it.
RULES = ("--", "==", "**", "__", "- -", "* *")
BULLETS = ("- ", "* ", "+ ", "-\t", "*\t")
# Not the asterisks that hide a number, as in 138****0000.
STRONG = re.compile(r"(?<![*_])(\*\*|__)(?=[^\s*_])([^\n*]+?)(?<=\S)\1(?![*_])")
BACKTICKS = re.compile(r"`([^`\n]+)`")
# A name of a host or a path ends at white space, a CJK character or its punctuation.
URL = re.compile(
    r"(?:(?:https?|ftp)://|(?<![A-Za-z0-9.])www\.)[A-Za-z0-9\-._~:/?#\[\]@!$&'()*+,;=%]+",
    re.IGNORECASE,
)


def from_html(text: str) -> str:
    """Tags out, block elements as lines, code, quotes and pictures as markers."""
    if "<" in text and ANY_TAG.search(text):
        text = UNSEEN.sub("", text)
        text = CODE_TAG.sub(f"\n{CODE}\n", text)
        text = QUOTE_TAG.sub(f"\n{QUOTE}\n", text)
        text = IMAGE_TAG.sub(IMAGE, text)
        text = INLINE_TAG.sub("", BLOCK_TAG.sub("\n", text))
    return html.unescape(text) if "&" in text else text


def from_markdown(text: str) -> str:
    """Marks of Markdown out; code blocks, quoted lines and pictures as markers."""
    if "```" in text or "~~~" in text:
        text = FENCE.sub(CODE, text)
    if ">" in text:
        text = QUOTED.sub(f"{QUOTE}\n", text)
    if "](" in text:
        text = ANCHOR.sub(r"\1", PICTURE.sub(IMAGE, text))
    if "#" in text:
        text = HEADING.sub("", text)
    if any(mark in text for mark in RULES):
        text = RULE.sub("", text)
    if any(mark in text for mark in BULLETS):
        text = BULLET.sub("", text)
    if "|" in text:
        text = TABLE_RULE.sub("", text)
    if "**" in text or "__" in text:
        text = STRONG.sub(r"\2", text)
    return BACKTICKS.sub(r"\1", text) if "`" in text else text


def mark_links(text: str) -> str:
    """Every address of a page as one marker."""
    if "://" in text or "www." in text or "WWW." in text:
        text = URL.sub(LINK, text)
    return text
