"""What tells who a person is, as markers: mail addresses, phone and identity numbers."""

import re

MAIL, PHONE, IDENTITY = "[邮箱]", "[电话]", "[证件号]"

ADDRESS = re.compile(
    r"[A-Za-z0-9_.+-]{1,64}[ ]?@[ ]?[A-Za-z0-9-]{1,63}(?:\.[A-Za-z0-9-]{1,63}){0,4}\.[A-Za-z]{2,12}"
)
# Each begins with a class, not with a look behind: those are searched for quickly.
# GB 11643: region, date of birth, order, check character. Some digits may already be hidden.
CITIZEN = re.compile(
    r"[1-9](?<![0-9A-Za-z].)[0-9]{5}(?:(?:18|19|20)[0-9]{2}(?:0[1-9]|1[0-2])(?:0[1-9]|[12][0-9]|3[01])"
    r"[0-9]{3}[0-9Xx]|[Xx*]{8}[0-9]{3}[0-9Xx])(?![0-9A-Za-z])"
)
PASSPORT = re.compile(r"(?<=护照)(号码?)?([:：为是 ]{0,3})[A-Za-z][A-Za-z0-9]?[0-9]{7}(?![0-9])")
MOBILE = re.compile(
    r"[+81](?<![0-9A-Za-z].)(?:(?<=\+)86[- ]?1|(?<=8)6[- ]?1|(?<=1))[3-9]"
    r"(?:[0-9]{9}|[0-9]([- ])[0-9]{4}\1[0-9]{4}|[0-9][*Xx]{4}[0-9]{4})(?![0-9A-Za-z])"
)
LANDLINE = re.compile(
    r"[(0](?<![0-9A-Za-z-].)(?:(?<=\()0[0-9]{2,3}\)|(?<=0)[0-9]{2,3}[- ])[1-9][0-9]{6,7}(?![0-9])"
)
HOTLINE = re.compile(r"[48](?<![0-9A-Za-z-].)00-[0-9]{3,4}-[0-9]{3,4}(?![0-9])")
DIGITS = re.compile(r"[0-9][0-9]{2}[0-9*Xx -]{4}")  # in every number above; quick to search for
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
        text = MOBILE.sub(PHONE, CITIZEN.sub(IDENTITY, text))
        text = HOTLINE.sub(PHONE, LANDLINE.sub(PHONE, text))
        if "护照" in text:
            text = PASSPORT.sub(rf"\1\2{IDENTITY}", text)
    return text
