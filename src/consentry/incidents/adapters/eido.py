"""Emergency Incident Data Object, NENA-STA-021.1: the incident, its type, status, times and place. Nothing else.

Persons, vehicles, callers, callbacks, notes, agents and additional data are never read, so they cannot be kept.
The XML of a place (PIDF-LO) is parsed with entity expansion off.
"""

import re
from collections.abc import Iterator, Mapping
from xml.etree.ElementTree import Element

from defusedxml.common import DefusedXmlException
from defusedxml.ElementTree import ParseError, fromstring

from consentry.incidents.adapters.times import parse_iso
from consentry.incidents.minimise import block_of, block_place, number_text, type_text
from consentry.incidents.types import CLOSED, OPEN, RawCall, Rejected
from consentry.kernel.canonical import parse_object
from consentry.kernel.errors import Malformed
from consentry.kernel.geo import Place
from consentry.kernel.limits import MAX_EIDO_BYTES

MAX_XML_CHARS = 65_536
MAX_LOCATIONS = 50
CLOSING_STATUSES = {"closed", "completed", "cancelled", "canceled", "cleared", "archived", "merged"}
WGS84 = re.compile(r"(?:^|:)(?:4326|4979)$")
CA_PARTS = ("HNO", "PRD", "RD", "STS", "POD")

Parsed = RawCall | Rejected


def read_calls(body: bytes) -> Iterator[Parsed]:
    """The one call in `body`, or why it is none; never raises for what a sender can write."""
    try:
        document = parse_object(body, max_bytes=MAX_EIDO_BYTES)
    except Malformed as error:
        yield Rejected(1, "not_json", str(error))
        return
    yield read_document(document)


def read_document(document: Mapping[str, object]) -> Parsed:
    """One EIDO as parsed JSON."""
    incident = document.get("incidentComponent")
    if not isinstance(incident, Mapping):
        return Rejected(1, "no_incident", "incidentComponent is missing")
    number = number_text(incident.get("internalIncidentId")) or _tracking_number(incident.get("$id"))
    if not number:
        return Rejected(1, "bad_number", "neither internalIncidentId nor a usable $id")
    updated_at = parse_iso(incident.get("lastUpdateTimeStamp") or document.get("lastUpdateTimeStamp"))
    reported_at = updated_at
    if incident.get("incidentCreationTimeStamp") is not None:
        reported_at = parse_iso(incident.get("incidentCreationTimeStamp"))
    if updated_at is None or reported_at is None:
        return Rejected(1, "bad_time", "lastUpdateTimeStamp is RFC 3339 with an offset")
    place, block = _where(document, incident)
    return RawCall(
        number=number,
        local_type=type_text(incident.get("incidentTypeInternalText") or incident.get("incidentTypeInternalCode")),
        common_type=_code(incident.get("incidentTypeCommonRegistryText")),
        status=_status(incident),
        reported_at=reported_at,
        updated_at=updated_at,
        place=place,
        block=block,
    )


def _tracking_number(said: object) -> str:
    """The middle of `urn:emergency:uid:incidentid:<id>:<host>`."""
    parts = said.split(":") if isinstance(said, str) else []
    return number_text(parts[4]) if len(parts) >= 5 and parts[:4] == ["urn", "emergency", "uid", "incidentid"] else ""


def _code(said: object) -> str:
    for value in said if isinstance(said, list) else [said]:
        if isinstance(value, str) and value.isalnum() and len(value) <= 20:
            return value.upper()
    return ""


def _status(incident: Mapping[str, object]) -> str:
    said = incident.get("incidentStatusCommonRegistryText")
    words = said if isinstance(said, list) else [said]
    closed = {word.lower() for word in words if isinstance(word, str)} & CLOSING_STATUSES
    return CLOSED if closed else OPEN


def _where(document: Mapping[str, object], incident: Mapping[str, object]) -> tuple[Place | None, str]:
    """Place and block of the incident's own location; a caller's location is another component and never looked at."""
    wanted = _references(incident.get("locationReference"))
    components = document.get("locationComponent")
    for component in components[:MAX_LOCATIONS] if isinstance(components, list) else []:
        if isinstance(component, Mapping) and component.get("$id") in wanted:
            root = _xml(component.get("locationByValue"))
            if root is not None:
                return _point(root), _street(root)
    return None, ""


def _references(said: object) -> set[str]:
    rows = said if isinstance(said, list) else [said]
    found = (row.get("$ref") for row in rows if isinstance(row, Mapping))
    return {ref for ref in found if isinstance(ref, str)}


def _xml(said: object) -> Element | None:
    """The document, or None when it is absent, too long, not XML, or tries a DTD or an entity."""
    if not isinstance(said, str) or len(said) > MAX_XML_CHARS:
        return None
    try:
        root = fromstring(said.encode(), forbid_dtd=True, forbid_entities=True, forbid_external=True)
    except (ParseError, DefusedXmlException, ValueError, LookupError):
        return None
    return root if isinstance(root, Element) else None


def _point(root: Element) -> Place | None:
    for shape in root.iter():
        for pos in shape:
            if _name(pos) != "pos" or not pos.text:
                continue
            reference = pos.get("srsName") or shape.get("srsName") or ""
            numbers = pos.text.split()
            if WGS84.search(reference) and len(numbers) in (2, 3):
                return block_place(numbers[0], numbers[1])
    return None


def _street(root: Element) -> str:
    for address in root.iter():
        if _name(address) == "civicAddress":
            said = {_name(part): (part.text or "").strip() for part in address}
            return block_of(" ".join(said[key] for key in CA_PARTS if said.get(key)))
    return ""


def _name(element: Element) -> str:
    return element.tag.rpartition("}")[2] if isinstance(element.tag, str) else ""
