"""Copied text changes its face before its words: case, width, line breaks, hyphens, letters of another alphabet.

Lookalikes are those of Unicode Technical Standard 39 that Cyrillic and Greek have among small Latin letters.
"""

import re
import unicodedata

_CYRILLIC = (
    "\u0430\u0432\u0435\u043a\u043c\u043d\u043e\u0440\u0441\u0442\u0443\u0445\u0456\u0458\u0455\u0501\u04bb\u051d"
)
_GREEK = "\u03b1\u03b2\u03b5\u03b9\u03ba\u03bd\u03bf\u03c1\u03c4\u03c5\u03c7\u03b7"
_OTHERS = "\u0131\u0251\u0261"
_LOOKALIKES = str.maketrans(_CYRILLIC + _GREEK + _OTHERS, "abekmhopctyxijsdhwabeikvoptuxniag")
_LOOKALIKE = re.compile(f"[{_CYRILLIC}{_GREEK}{_OTHERS}]")
_MARKS = re.compile("[\u0300-\u036f\u00ad\u061c\u200b-\u200f\u202a-\u202e\u2060-\u206f\ufe00-\ufe0f\ufeff]")
"""Accents that stand by themselves once letters are taken apart, and what is not seen at all."""
_BROKEN = re.compile(r"-[ \t]*\r?\n[ \t]*")
_WORD = re.compile(r"[a-z0-9]+")


def plain(text: str) -> str:
    """The text in small letters of ASCII as far as it has such; a word broken at a line's end is whole again."""
    if text.isascii():
        small = text.lower()
    else:
        small = _MARKS.sub("", unicodedata.normalize("NFKD", text).casefold())
        small = small.translate(_LOOKALIKES) if _LOOKALIKE.search(small) else small
    return _BROKEN.sub("", small)


def words(plain_: str) -> list[str]:
    """The words of a plain text."""
    return _WORD.findall(plain_)
