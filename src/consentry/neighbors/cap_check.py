"""What a CAP 1.2 message must be, beyond XML: order and number of elements, closed lists, times, areas, references.

Written from the standard (OASIS CAP 1.2, sections 3.2 and 3.3), not from its schema file: the rules of order and
occurrence refuse what the schema refuses, and the rest is what it cannot say. Pure; reads hostile XML safely.
"""

import re
from collections.abc import Iterator, Sequence
from datetime import datetime
from xml.etree.ElementTree import Element

from defusedxml import ElementTree
from defusedxml.common import DefusedXmlException

from consentry.neighbors import cap

# Name, least, most (None: any number), in the order of the standard.
Rule = tuple[str, int, int | None]
_ALERT: tuple[Rule, ...] = (
    ("identifier", 1, 1), ("sender", 1, 1), ("sent", 1, 1), ("status", 1, 1), ("msgType", 1, 1), ("source", 0, 1),
    ("scope", 1, 1), ("restriction", 0, 1), ("addresses", 0, 1), ("code", 0, None), ("note", 0, 1),
    ("references", 0, 1), ("incidents", 0, 1), ("info", 0, None),
)  # fmt: skip
_INFO: tuple[Rule, ...] = (
    ("language", 0, 1), ("category", 1, None), ("event", 1, 1), ("responseType", 0, None), ("urgency", 1, 1),
    ("severity", 1, 1), ("certainty", 1, 1), ("audience", 0, 1), ("eventCode", 0, None), ("effective", 0, 1),
    ("onset", 0, 1), ("expires", 0, 1), ("senderName", 0, 1), ("headline", 0, 1), ("description", 0, 1),
    ("instruction", 0, 1), ("web", 0, 1), ("contact", 0, 1), ("parameter", 0, None), ("resource", 0, None),
    ("area", 0, None),
)  # fmt: skip
_AREA: tuple[Rule, ...] = (
    ("areaDesc", 1, 1), ("polygon", 0, None), ("circle", 0, None), ("geocode", 0, None), ("altitude", 0, 1),
    ("ceiling", 0, 1),
)  # fmt: skip
_LISTS = {
    "status": (*cap.STATUSES, "Draft"), "msgType": ("Alert", "Update", "Cancel", "Ack", "Error"),
    "scope": ("Public", "Restricted", "Private"), "category": cap.CATEGORIES, "responseType": cap.RESPONSES,
    "urgency": cap.URGENCIES, "severity": cap.SEVERITIES, "certainty": cap.CERTAINTIES,
}  # fmt: skip
_TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d[-+]\d\d:\d\d")
_TIMES = frozenset({"sent", "effective", "onset", "expires"})
_PAIR = re.compile(r"-?\d+(?:\.\d+)?,-?\d+(?:\.\d+)?")
_LANGUAGE = re.compile(r"[A-Za-z]{1,8}(?:-[A-Za-z0-9]{1,8})*")
# What an `info` without a language is in, by the standard.
DEFAULT_LANGUAGE = "en-US"
_BAD_NAME = re.compile(r"[\s,<&]")
_SIGNATURE = "{http://www.w3.org/2000/09/xmldsig#}Signature"
MAX_XML_BYTES = 1_048_576


def faults_of(xml: str) -> tuple[str, ...]:
    """What is wrong with a CAP 1.2 message, in plain words; empty when nothing is."""
    if len(xml.encode()) > MAX_XML_BYTES:
        return ("longer than 1 MiB",)
    try:
        root = ElementTree.fromstring(xml)
    except (ElementTree.ParseError, DefusedXmlException, ValueError):
        return ("not well-formed, or with entities",)
    if root.tag != f"{{{cap.CAP}}}alert":
        return ("not a CAP 1.2 alert",)
    return (*_order(root, _ALERT), *_values(root), *_references(root), *_of_infos(root))


def _of_infos(root: Element) -> Iterator[str]:
    yield from _languages(root)
    for info in _all(root, "info"):
        yield from _order(info, _INFO)
        yield from _times(root, info)
        for area in _all(info, "area"):
            yield from _order(area, _AREA)
            for polygon in _all(area, "polygon"):
                yield from _polygon(_text(polygon))


def _languages(root: Element) -> Iterator[str]:
    """Several `info` say the same in several languages, or speak of other times and areas."""
    shared: dict[tuple[str, ...], set[tuple[str, ...]]] = {}
    for info in _all(root, "info"):
        language = _value(info, "language") or DEFAULT_LANGUAGE
        if not _LANGUAGE.fullmatch(language):
            yield "a language is a code of RFC 3066"
        polygons = tuple(_text(one) for area in _all(info, "area") for one in _all(area, "polygon"))
        about = (*polygons, _value(info, "effective"), _value(info, "onset"))
        codes = tuple(_value(info, name) for name in ("category", "urgency", "severity", "certainty", "expires"))
        shared.setdefault(about, set()).add(codes)
    if any(len(codes) > 1 for codes in shared.values()):
        yield "languages that do not agree how bad it is"


def _order(node: Element, rules: Sequence[Rule]) -> Iterator[str]:
    names = [rule[0] for rule in rules]
    said = [child.tag.removeprefix(f"{{{cap.CAP}}}") for child in node if child.tag != _SIGNATURE]
    if unknown := sorted({name for name in said if name not in names}):
        yield f"elements that CAP does not have here: {', '.join(unknown)[:200]}"
        return
    if said != sorted(said, key=names.index):
        yield "elements in another order than the standard's"
    for name, least, most in rules:
        count = said.count(name)
        if count < least or (most is not None and count > most):
            yield f"{count} times {name}"


def _values(root: Element) -> Iterator[str]:
    for node in root.iter():
        name, text = node.tag.removeprefix(f"{{{cap.CAP}}}"), _text(node)
        if name in _LISTS and text not in _LISTS[name]:
            yield f"{name} is not one of the standard's words"
        if name in _TIMES and not _is_time(text):
            yield f"{name} is no time with seconds and a numeric zone (Z is not allowed)"
        if name in ("identifier", "sender") and (not text or _BAD_NAME.search(text)):
            yield f"{name} has a blank, comma, < or & in it"
    if _value(root, "scope") == "Restricted" and not _value(root, "restriction"):
        yield "a restricted message names its restriction"
    if _value(root, "scope") == "Private" and not _value(root, "addresses"):
        yield "a private message names its addresses"


def _references(root: Element) -> Iterator[str]:
    kind, said = _value(root, "msgType"), _value(root, "references").split()
    if kind in ("Update", "Cancel", "Ack", "Error") and not said:
        yield f"{kind} refers to no earlier message"
    if kind == "Alert" and said:
        yield "a first Alert refers to nothing"
    for one in said:
        parts = one.split(",")
        if len(parts) != 3 or not all(parts) or not _is_time(parts[2]):
            yield "a reference is sender,identifier,sent"
        elif _is_time(_value(root, "sent")) and _time(parts[2]) > _time(_value(root, "sent")):
            yield "a reference is younger than the message"
        elif parts[1] == _value(root, "identifier"):
            yield "a message refers to itself"


def _times(root: Element, info: Element) -> Iterator[str]:
    sent, expires = _value(root, "sent"), _value(info, "expires")
    start = _value(info, "onset") or _value(info, "effective") or sent
    if _is_time(expires) and _is_time(start) and _time(expires) <= _time(start):
        yield "it expires before it begins"


def _polygon(text: str) -> Iterator[str]:
    pairs = text.split()
    if not all(_PAIR.fullmatch(pair) for pair in pairs):
        yield "a polygon is pairs lat,lon"
        return
    corners = [tuple(float(part) for part in pair.split(",")) for pair in pairs]
    if len(corners) < 4 or corners[0] != corners[-1]:
        yield "a polygon has at least four pairs, the last is the first"
    if any(abs(lat) > 90 or abs(lon) > 180 for lat, lon in corners):
        yield "a corner that is nowhere on the earth"


def _is_time(text: str) -> bool:
    if not _TIME.fullmatch(text):
        return False
    try:
        _time(text)
    except ValueError:
        return False
    return True


def _time(text: str) -> datetime:
    return datetime.fromisoformat(text)


def _all(node: Element, name: str) -> list[Element]:
    return node.findall(f"{{{cap.CAP}}}{name}")


def _value(node: Element, name: str) -> str:
    found = node.find(f"{{{cap.CAP}}}{name}")
    return "" if found is None else _text(found)


def _text(node: Element) -> str:
    return (node.text or "").strip()
