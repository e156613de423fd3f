"""Drop before anything is stored: house numbers, names, phones, addresses of people. Pure; used by every adapter.

What stays of a place is the hundred block or the crossing, and a point on a grid of 0.001 degree (about 100 m).
"""

import math
import re
import unicodedata
from functools import lru_cache

from consentry.kernel.geo import Place

GRID = 1_000
MAX_BLOCK_CHARS = 80
MAX_TYPE_CHARS = 80
MAX_NUMBER_CHARS = 64

_STREET_KINDS = (
    "ALLEY ALY AV AVE AVENUE BLVD BOULEVARD BROADWAY BV BYP BYPASS CIR CIRCLE COURT CT DR DRIVE EXPY FWY HIGHWAY HWY "
    "LANE LN LOOP PARKWAY PATH PIKE PKWY PL PLACE PLAZA PLZ QUAY RD ROAD ROW SQ SQUARE ST STREET TER TERRACE TPKE "
    "TRAIL TRL WALK WAY WY"
)
_STREETS = frozenset(_STREET_KINDS.split())
_LEADING = frozenset({"AVENIDA", "AVENUE", "BOULEVARD", "CALLE", "CAMINO", "CHEMIN", "PLACE", "PLAZA", "QUAI", "RUE"})
_COMPASS = frozenset({"N", "S", "E", "W", "NE", "NW", "SE", "SW"})
_NOISE = re.compile(
    r"\b(?:APT|APARTMENT|UNIT|STE|SUITE|FL|FLOOR|RM|ROOM|LOT|BLDG|TRLR)\b\.?\s*#?\s*[A-Z0-9-]*|#\s*[A-Z0-9-]+"
)
_AFTER = re.compile(r"[,;:(@*\n\r\t].*$", re.DOTALL)
_HOUSE = re.compile(r"^(?P<number>\d{1,6})(?:[-/]\d{1,6})?[A-Z]?\s+(?P<street>.+)$")
_BLOCK = re.compile(r"^(?P<number>\d{0,4}XX|\d{1,4}00)\s+(?:BLOCK\s+)?(?:OF\s+)?(?P<street>.+)$")
_ORDINAL = re.compile(r"^\d{1,3}(?:ST|ND|RD|TH)?\s+(?:AV|AVE|AVENUE|ST|STREET|PL|CT|DR|LN|WAY|WY|RD|TER)\b")
_CROSSING = re.compile(r"\s*(?:&|/|\bAND\b|\bAT\b)\s*")
_CONTACT = re.compile(r"(?:\d[\s().-]*){7,}|\S+@\S+|https?:\S+", re.IGNORECASE)
_NAMED = re.compile(
    r"\b(?:NAME|CALLER|CALLBACK|CB|RP|PHONE|TEL|CELL|DOB|SSN|PLATE|LIC|OLN|ADDRESS|FROM)\s*[:#=].*$"
    r"|\b(?:MR|MRS|MS|DR|CALLER|NAMED|AKA)\b\.?\s.*$",
    re.IGNORECASE,
)


def clean_text(said: object, limit: int) -> str:
    """One line of printable text, at most `limit` characters; "" for anything that is not text."""
    if not isinstance(said, str):
        return ""
    kept = "".join(" " if unicodedata.category(ch)[0] in "CZ" else ch for ch in said[: limit * 4])
    return " ".join(unicodedata.normalize("NFC", kept).split())[:limit].rstrip()


def type_text(said: object) -> str:
    """A feed's own call type in upper case, without phones, addresses or names that were typed behind it."""
    return _type_text(said) if isinstance(said, str) else ""


@lru_cache(maxsize=1_024)
def _type_text(said: str) -> str:
    text = clean_text(said, MAX_TYPE_CHARS * 2)
    text = _NAMED.sub("", _CONTACT.sub("", text))
    return clean_text(text.upper(), MAX_TYPE_CHARS).rstrip(" -,;:")


def number_text(said: object) -> str:
    """The call's number: letters, digits, dash, dot, colon, slash; "" when it has anything else or is too long."""
    text = clean_text(str(said) if isinstance(said, int) and not isinstance(said, bool) else said, MAX_NUMBER_CHARS + 1)
    return text if re.fullmatch(rf"[A-Za-z0-9][A-Za-z0-9.:/_-]{{0,{MAX_NUMBER_CHARS - 1}}}", text) else ""


def block_of(address: object) -> str:
    """`4127 OAK ST APT 3` becomes `4100 block of OAK ST`; a crossing stays one; "" when nothing safe is left.

    Only words up to a street's kind are kept, so that a name or a note behind the address cannot pass.
    """
    text = clean_text(address, 200).upper()
    text = clean_text(_CONTACT.sub("", _AFTER.sub("", _NOISE.sub("", text))), 200)
    parts = [part for part in _CROSSING.split(text) if part]
    if len(parts) >= 2:
        streets = [street for street in (_street(_without_number(part)) for part in parts[:2]) if street]
        return clean_text(" & ".join(streets), MAX_BLOCK_CHARS)
    return clean_text(_hundred_block(parts[0]), MAX_BLOCK_CHARS) if parts else ""


def _hundred_block(text: str) -> str:
    found = _BLOCK.match(text)
    if found is not None:
        street = _street(found["street"])
        return f"{_hundreds(found['number'])} block of {street}" if street else ""
    found = None if _ORDINAL.match(text) else _HOUSE.match(text)
    if found is None:
        return _street(text)
    street = _street(found["street"])
    return f"{int(found['number']) // 100 * 100} block of {street}" if street else ""


def _hundreds(number: str) -> int:
    return int(number[:-2] or "0") * 100


def _without_number(text: str) -> str:
    found = None if _ORDINAL.match(text) else _HOUSE.match(text)
    return text if found is None else found["street"]


def _street(text: str) -> str:
    """From behind any number to the first street word and a compass letter after it; "" without a street word."""
    words = text.split()
    behind = [at for at, word in enumerate(words) if word.isdigit() and len(word) >= 3]
    words = words[behind[-1] + 1 :] if behind else words
    for at, word in enumerate(words[:6]):
        if word in _STREETS and (at > 0 or word == "BROADWAY"):
            tail = [after for after in words[at + 1 : at + 2] if after in _COMPASS]
            return " ".join([*words[: at + 1], *tail])
    return " ".join(words[:4]) if words and words[0] in _LEADING else ""


def block_place(lat: object, lon: object) -> Place | None:
    """The grid point of a latitude and longitude (numbers or text); None when they are no place on earth or 0, 0."""
    try:
        north, east = float(str(lat).strip()), float(str(lon).strip())
    except ValueError:
        return None
    if not (math.isfinite(north) and math.isfinite(east) and abs(north) <= 90 and abs(east) <= 180):
        return None
    if abs(north) < 0.01 and abs(east) < 0.01:
        return None
    return Place(round(north * GRID) / GRID, round(east * GRID) / GRID)
