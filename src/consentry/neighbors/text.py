"""What may stand in a post: plain text in any script, no place finer than a cell, nothing that turns a page around.

Pure. A refusal says what to change; the text itself is never repeated in it.
"""

import itertools
import re
import unicodedata

from consentry.kernel.errors import Malformed, Refused

# Marks that reverse what follows them can make a text read otherwise than it is written; right-to-left scripts need
# none of these.
_OVERRIDES = re.compile("[\u202a-\u202e\u2066-\u2069]")
_DECIMALS = re.compile(r"(?<![\d.,])-?\d{1,3}[.,]\d{3,}\s*°?\s*[NSEWO]?\s*[,;/ ]\s*-?\d{1,3}[.,]\d{3,}", re.IGNORECASE)
_DEGREES = re.compile(r"\d{1,3}\s*°\s*\d{1,2}([.,]\d+)?\s*['′’]", re.IGNORECASE)
_PLUS_CODE = re.compile(r"\b[23456789CFGHJMPQRVWX]{4,8}\+[23456789CFGHJMPQRVWX]{2,3}\b", re.IGNORECASE)
_THREE_WORDS = re.compile(r"///?[^\W\d_]+\.[^\W\d_]+\.[^\W\d_]+")
_MAP_LINKS = re.compile(
    r"(maps\.app\.goo\.gl|goo\.gl/maps|google\.[a-z.]+/maps|maps\.google\.|maps\.apple\.com|openstreetmap\.org|osm\.org"
    r"|w3w\.co|what3words\.com|waze\.com/ul|geo:-?\d)",
    re.IGNORECASE,
)
_PLACES = (_DECIMALS, _DEGREES, _PLUS_CODE, _THREE_WORDS, _MAP_LINKS)
_WORD = re.compile(r"\w+")


def clean_text(text: str, *, most_chars: int) -> str:
    """`text` as it is kept: normalised, without control characters, trimmed; every script and emoji stays.

    Raises:
        Malformed: `text-empty`, or `text-long` for more than `most_chars` characters.
        Refused: `text-place` when it names a place finer than a cell.
    """
    if len(text) > 4 * most_chars:
        raise Malformed(f"at most {most_chars} characters", kind="text-long")
    kept = _OVERRIDES.sub("", unicodedata.normalize("NFC", text).replace("\r\n", "\n"))
    kept = "".join(
        sign for sign in kept if sign in "\n\t" or unicodedata.category(sign) not in ("Cc", "Cs", "Co", "Cn")
    )
    kept = re.sub(r"\n{3,}", "\n\n", kept).strip()
    if not any(unicodedata.category(sign)[0] in "LNSP" for sign in kept):
        raise Malformed("there is no text", kind="text-empty")
    if len(kept) > most_chars:
        raise Malformed(f"at most {most_chars} characters", kind="text-long")
    if names_a_place(kept):
        raise Refused(
            "a post names its quarter, never a point on the map: leave the coordinates out", kind="text-place"
        )
    return kept


def names_a_place(text: str) -> bool:
    """Are there coordinates, a code of a place or a link to a map in `text`?"""
    plain = unicodedata.normalize("NFKC", text)
    return any(pattern.search(plain) for pattern in _PLACES)


def fingerprint(text: str) -> frozenset[str]:
    """Pairs of neighbouring words, without case, accents and signs: what two texts are compared by."""
    plain = unicodedata.normalize("NFKD", text.casefold())
    words = _WORD.findall("".join(sign for sign in plain if not unicodedata.combining(sign)))
    if len(words) < 2:
        return frozenset(words or [text.casefold().strip()])
    return frozenset(f"{first} {second}" for first, second in itertools.pairwise(words))


def is_alike(one: frozenset[str], other: frozenset[str]) -> bool:
    """Do two fingerprints share at least eight tenths of what they hold together?"""
    return bool(one or other) and len(one & other) >= 0.8 * len(one | other)
