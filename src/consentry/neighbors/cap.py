"""Official alerts as CAP 1.2 (OASIS, 2010): composing the XML, and an Atom feed with GeoRSS. Pure.

What the standard's schema cannot say is checked in `cap_check.py`; every message passes it before it is published.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from xml.etree import ElementTree as ET

from consentry.kernel.geo import Place

CAP = "urn:oasis:names:tc:emergency:cap:1.2"
ATOM, GEORSS = "http://www.w3.org/2005/Atom", "http://www.georss.org/georss"
MEDIA_TYPE, ATOM_TYPE = "application/cap+xml", "application/atom+xml"
XML_LANG = "{http://www.w3.org/XML/1998/namespace}lang"
LANGUAGES = ("en", "es", "fr")

CATEGORIES = ("CBRNE", "Env", "Fire", "Geo", "Health", "Infra", "Met", "Other", "Rescue", "Safety", "Security",
              "Transport")  # fmt: skip
RESPONSES = ("AllClear", "Assess", "Avoid", "Evacuate", "Execute", "Monitor", "None", "Prepare", "Shelter")
URGENCIES = ("Expected", "Future", "Immediate", "Past", "Unknown")
SEVERITIES = ("Extreme", "Minor", "Moderate", "Severe", "Unknown")
CERTAINTIES = ("Likely", "Observed", "Possible", "Unknown", "Unlikely")
STATUSES = ("Actual", "Exercise", "System", "Test")


@dataclass(frozen=True)
class CapText:
    """What is said in one language (`en`, `fr`, `es`); `area_name` "" where the area is called as in the first."""

    language: str
    event: str
    headline: str
    description: str
    instruction: str
    area_name: str = ""


@dataclass(frozen=True)
class CapInfo:
    """What all languages of a message share."""

    category: str
    response: str
    urgency: str
    severity: str
    certainty: str
    area_name: str
    texts: tuple[CapText, ...]


@dataclass(frozen=True)
class CapMessage:
    """One CAP alert. `references`: (sender, identifier, sent) of all earlier messages of its chain."""

    identifier: str
    sender: str
    sender_name: str
    sent: datetime
    expires: datetime
    status: str
    msg_type: str
    info: CapInfo
    corners: tuple[Place, ...]
    web: str
    references: tuple[tuple[str, str, datetime], ...] = ()
    note: str = ""


def cap_time(at: datetime) -> str:
    """A time as CAP writes it: UTC with `-00:00`, never `Z`, whole seconds."""
    return at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S-00:00")


def compose(message: CapMessage) -> str:
    """The XML of `message`, UTF-8, one `info` per language."""
    ET.register_namespace("", CAP)
    root = ET.Element(f"{{{CAP}}}alert")
    _put(root, "identifier", message.identifier)
    _put(root, "sender", message.sender)
    _put(root, "sent", cap_time(message.sent))
    _put(root, "status", message.status)
    _put(root, "msgType", message.msg_type)
    _put(root, "scope", "Public")
    if message.note:
        _put(root, "note", message.note)
    if message.references:
        said = (f"{sender},{name},{cap_time(sent)}" for sender, name, sent in message.references)
        _put(root, "references", " ".join(said))
    for text in message.info.texts:
        _info(root, message, text)
    return '<?xml version="1.0" encoding="UTF-8"?>\n' + ET.tostring(root, encoding="unicode") + "\n"


def polygon_text(corners: Sequence[Place]) -> str:
    """`lat,lon lat,lon …`, closed."""
    return " ".join(f"{corner.lat:.5f},{corner.lon:.5f}" for corner in corners)


@dataclass(frozen=True)
class FeedEntry:
    """One alert in the feed; `url` is its CAP file."""

    message: CapMessage
    url: str
    updated: datetime


@dataclass(frozen=True)
class FeedHead:
    """What a feed says of itself. `language`: of the texts where an alert has them; "" for the first of each."""

    origin: str
    title: str
    updated: datetime
    language: str = ""


def text_in(info: CapInfo, language: str) -> CapText:
    """What is said in `language`, else in the agency's first."""
    return next((text for text in info.texts if text.language == language), info.texts[0])


def atom_feed(entries: Sequence[FeedEntry], head: FeedHead) -> str:
    """An Atom feed (RFC 4287) of alerts with their areas as GeoRSS polygons, newest first as given."""
    for prefix, name in (("", ATOM), ("georss", GEORSS), ("cap", CAP)):
        ET.register_namespace(prefix, name)
    root = ET.Element(f"{{{ATOM}}}feed")
    address = f"{head.origin}/api/alerts.atom"
    mine = f"{address}?lang={head.language}" if head.language else address
    _atom(root, "id", mine)
    _atom(root, "title", head.title)
    _atom(root, "updated", _rfc3339(head.updated))
    ET.SubElement(root, f"{{{ATOM}}}link", {"rel": "self", "href": mine})
    for language in LANGUAGES:
        if language != head.language:
            said = {"rel": "alternate", "hreflang": language, "type": ATOM_TYPE, "href": f"{address}?lang={language}"}
            ET.SubElement(root, f"{{{ATOM}}}link", said)
    for entry in entries:
        _entry(root, entry, head.language)
    return '<?xml version="1.0" encoding="UTF-8"?>\n' + ET.tostring(root, encoding="unicode") + "\n"


def _entry(root: ET.Element, entry: FeedEntry, language: str) -> None:
    message, text = entry.message, text_in(entry.message.info, language)
    node = ET.SubElement(root, f"{{{ATOM}}}entry", {XML_LANG: text.language})
    _atom(node, "id", entry.url)
    _atom(node, "title", text.headline)
    _atom(node, "updated", _rfc3339(entry.updated))
    author = ET.SubElement(node, f"{{{ATOM}}}author")
    _atom(author, "name", message.sender_name)
    _atom(node, "summary", text.description)
    ET.SubElement(node, f"{{{ATOM}}}link", {"rel": "alternate", "type": MEDIA_TYPE, "href": entry.url})
    ET.SubElement(node, f"{{{CAP}}}msgType").text = message.msg_type
    ET.SubElement(node, f"{{{CAP}}}expires").text = cap_time(message.expires)
    where = " ".join(f"{corner.lat:.5f} {corner.lon:.5f}" for corner in message.corners)
    ET.SubElement(node, f"{{{GEORSS}}}polygon").text = where


def _info(root: ET.Element, message: CapMessage, text: CapText) -> None:
    shared, node = message.info, ET.SubElement(root, f"{{{CAP}}}info")
    _put(node, "language", text.language)
    _put(node, "category", shared.category)
    _put(node, "event", text.event)
    _put(node, "responseType", shared.response)
    _put(node, "urgency", shared.urgency)
    _put(node, "severity", shared.severity)
    _put(node, "certainty", shared.certainty)
    _put(node, "effective", cap_time(message.sent))
    _put(node, "expires", cap_time(message.expires))
    _put(node, "senderName", message.sender_name)
    _put(node, "headline", text.headline)
    _put(node, "description", text.description)
    if text.instruction:
        _put(node, "instruction", text.instruction)
    _put(node, "web", message.web)
    area = ET.SubElement(node, f"{{{CAP}}}area")
    _put(area, "areaDesc", text.area_name or shared.area_name)
    _put(area, "polygon", polygon_text(message.corners))


def _put(node: ET.Element, name: str, text: str) -> None:
    ET.SubElement(node, f"{{{CAP}}}{name}").text = text


def _atom(node: ET.Element, name: str, text: str) -> None:
    ET.SubElement(node, f"{{{ATOM}}}{name}").text = text


def _rfc3339(at: datetime) -> str:
    return at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
