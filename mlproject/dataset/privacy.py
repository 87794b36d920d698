"""What tells who a person is, as markers: mail addresses, phone and identity numbers."""

import re
import string
from functools import partial

MAIL, PHONE, IDENTITY = "[邮箱]", "[电话]", "[证件号]"

# Each begins with a class, not with a look behind: those are searched for quickly.
ADDRESS = re.compile(
    r"[A-Za-z0-9_.+-](?<![A-Za-z0-9_.+-].)[A-Za-z0-9_.+-]*+[ ]?@[ ]?"
    r"[A-Za-z0-9-]{1,63}+(?:\.[A-Za-z0-9-]{1,63}+){0,4}\.[A-Za-z]{2,12}"
)
_DAY = "(?:0[1-9]|1[0-2])(?:0[1-9]|[12][0-9]|3[01])"
# GB 11643: region, date of birth, order, check character. Some digits may already be hidden.
# Numbers from before 1999 have two digits of the year and no check character.
CITIZEN = re.compile(
    rf"[1-9](?<![0-9].)[0-9]{{5}}(?:([ -]?)(?:18|19|20)[0-9]{{2}}{_DAY}\1[0-9]{{3}}[0-9Xx]"
    rf"|[2-9][0-9]{_DAY}[0-9]{{3}}|[Xx*]{{8}}[0-9]{{3}}[0-9Xx])(?![0-9A-Za-z])"
)
PASSPORT = re.compile(r"(?<=护照)(号码?)?([:：为是 ]{0,3})[A-Za-z][A-Za-z0-9]?[0-9]{7}(?![0-9])")
MOBILE = re.compile(
    r"[+810](?<![0-9].)"
    r"(?:(?<=\+)86[- ]?1|(?<=8)6[- ]?1|(?<=0)(?:086[- ]?)?1|(?<=1))[3-9]"
    r"(?:[0-9]{9}|[0-9](?:([- .])(?:[0-9]{4}|[*Xx]{4})\1|[*Xx]{4})[0-9]{4})(?![0-9A-Za-z])"
)
# Without anything between its digits a number may be an amount.
_WHOLE = r"(?![0-9A-Za-z%]|\.[0-9]|[ ]?[元块万亿])"
LANDLINE = re.compile(
    r"[+(0](?<![0-9-].)(?:(?:(?<=\()0[0-9]{2,3}\)[- ]?|(?<=0)[0-9]{2,3}[- ]"
    r"|(?<=\+)86[- ]?[1-9][0-9]{1,2}[- ])[1-9][0-9]{2,3}[- ]?[0-9]{4}(?![0-9])"
    r"|(?<=0)(?<![0-9][.].)(?:10[1-9]|2[0-9][1-9]|[3-9][0-9]{2}[1-9][0-9]?)[0-9]{6,7}"
    rf"(?<=[0-9]{{11}}){_WHOLE})"
)
HOTLINE = re.compile(
    r"[48](?<![0-9-].)(?<![0-9][.].)00(?:-[0-9]{3,4}-[0-9]{3,4}(?![0-9])"
    r"|[0-9]?([- ])[0-9]{3}\1[0-9]{3,4}(?![0-9])"
    rf"|-?[0-9]{{3}}(?!0000)[0-9]{{4}}{_WHOLE})"
)
# In every number above; quick to search for.
DIGITS = re.compile(r"[0-9][0-9]{2}(?:[0-9*Xx -]{4}|[.][0-9*Xx]{4})")
LETTERS = 10  # before a number, at most: "vx13800138000"
# The end of another part of a longer name.
LONGER = re.compile(r"[0-9]\Z|[0-9A-Za-z][-_./=&%@+#]\Z")
PLACEHOLDER = re.compile(r"<(e?-?mail|phone|tel|mobile|id|idcard)>", re.IGNORECASE)
NAMED = {"phone": PHONE, "tel": PHONE, "mobile": PHONE, "id": IDENTITY, "idcard": IDENTITY}


def unify(text: str) -> str:
    """Placeholders that others left, such as ``<email>``, as this project's markers."""
    if "<" not in text:
        return text
    return PLACEHOLDER.sub(lambda found: NAMED.get(found[1].lower(), MAIL), text)


def mask(text: str) -> str:
    """Addresses and numbers of persons as markers. The text is in half width."""
    if "@" in text:
        text = ADDRESS.sub(MAIL, text)
    if DIGITS.search(text):
        for pattern, masked in NUMBERS:
            text = pattern.sub(masked, text)
        if "护照" in text:
            text = PASSPORT.sub(rf"\1\2{IDENTITY}", text)
    return text


def _masked(marker: str, found: re.Match[str]) -> str:
    """The number stays where it is the end of an order's number, a version or a hash."""
    before = found.string[max(found.start() - LETTERS - 2, 0) : found.start()]
    rest = before.rstrip(string.ascii_letters)
    letters = len(before) - len(rest)
    longer = letters > LETTERS or (letters and LONGER.search(rest[-2:]))
    return found[0] if longer else marker


NUMBERS = (
    (CITIZEN, partial(_masked, IDENTITY)),
    (MOBILE, partial(_masked, PHONE)),
    (LANDLINE, partial(_masked, PHONE)),
    (HOTLINE, partial(_masked, PHONE)),
)
