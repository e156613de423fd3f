"""Made-up calls of Port Meridian and their EIDO documents; the same for the same seed. Pure."""

import random
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from consentry.demo.city import City, build_city
from consentry.demo.ground import to_place
from consentry.demo.lots import Building
from consentry.kernel.geo import Place

FIRST_BURGLARY_S = 8.0
BURGLARY_EVERY_S = 1_500.0
BURGLARY_LASTS_S = 1_380.0
EVERY_S = (50.0, 140.0)
LASTS_S = (240.0, 1_500.0)
HOST = "psap.port-meridian.invalid"

# Common code, what the call taker's screen says, how often.
TYPES = (
    ("VEHSTLN", "VEHICLE STOLEN", 3), ("ROBBERY", "ROBBERY JUST OCCURRED", 2), ("PROW", "PROWLER", 2),
    ("MVAHR", "HIT AND RUN", 3), ("PERMISS", "MISSING PERSON", 1), ("NOISE", "NOISE COMPLAINT", 4),
    ("PERSUSP", "SUSPICIOUS PERSON", 3), ("MVA", "COLLISION NO INJURY", 3), ("ALMR", "RESIDENTIAL ALARM", 3),
    ("WELFARE", "WELFARE CHECK", 2), ("FIGHT", "FIGHT", 1), ("", "STRAY COW ON ROAD", 1),
)  # fmt: skip


@dataclass(frozen=True)
class DemoCall:
    """One call: its number, common code (or "" when the screen's type has none), what the screen says, and where."""

    number: str
    code: str
    said: str
    place: Place
    address: str


@dataclass(frozen=True)
class Beat:
    """At `at_s` seconds after the start, `call` is open or closed."""

    at_s: float
    call: DemoCall
    is_open: bool


def beats(seed: int, run: str) -> Iterator[Beat]:
    """Openings and closings for ever, in order of time; `run` makes the numbers of this start its own."""
    rng, city = random.Random(seed), build_city()  # noqa: S311 a play, not a secret
    homes = [building for building in city.buildings if building.is_home]
    waiting: list[Beat] = []
    opening = _openings(rng, city, homes, run)
    upcoming = next(opening)
    while True:
        waiting.sort(key=lambda beat: beat.at_s)
        if waiting and waiting[0].at_s <= upcoming.at_s:
            yield waiting.pop(0)
            continue
        yield upcoming
        lasts_s = BURGLARY_LASTS_S if upcoming.call.code == "BURGLARY" else rng.uniform(*LASTS_S)
        waiting.append(Beat(upcoming.at_s + lasts_s, upcoming.call, is_open=False))
        upcoming = next(opening)


def _openings(rng: random.Random, city: City, homes: list[Building], run: str) -> Iterator[Beat]:
    """A few calls at once so that the map lives, the burglary after eight seconds, then one now and then."""
    number, other_s, burglary_s = 0, 0.0, FIRST_BURGLARY_S
    while True:
        number += 1
        is_burglary = burglary_s <= other_s
        at_s = burglary_s if is_burglary else other_s
        spot = city.burglary if is_burglary else rng.choice(homes)
        code, said = ("BURGLARY", "BURGLARY IN PROGRESS") if is_burglary else _type(rng)
        place = to_place(spot.door)
        yield Beat(at_s, DemoCall(f"{run}-{number:04d}", code, said, place, spot.address), is_open=True)
        if is_burglary:
            burglary_s += BURGLARY_EVERY_S
        else:
            other_s += 2.0 if number < 4 else rng.uniform(*EVERY_S)


def _type(rng: random.Random) -> tuple[str, str]:
    code, said, _ = rng.choices(TYPES, [weight for _, _, weight in TYPES])[0]
    return code, said


def eido_of(call: DemoCall, *, reported_at: datetime, updated_at: datetime, is_open: bool) -> dict[str, object]:
    """The EIDO of one version, with a made-up caller in it, so that the import has something to drop."""
    key = f"urn:emergency:uid:incidentid:{call.number.lower()}:{HOST}"
    stamp = updated_at.isoformat()
    incident: dict[str, object] = {
        "$id": key, "lastUpdateTimeStamp": stamp, "incidentCreationTimeStamp": reported_at.isoformat(),
        "updatedByAgencyReference": {"$ref": HOST}, "incidentTypeInternalText": call.said,
        "incidentStatusCommonRegistryText": ["Active"] if is_open else ["Closed"],
        "internalIncidentId": call.number, "locationReference": [{"$ref": "loc-1"}],
    }  # fmt: skip
    if call.code:
        incident["incidentTypeCommonRegistryText"] = call.code
    return {
        "$id": key, "lastUpdateTimeStamp": stamp, "eidoVersion": "1.0", "issuingElementIdentification": f"idx.{HOST}",
        "incidentComponent": incident,
        "locationComponent": [{"$id": "loc-1", "lastUpdateTimeStamp": stamp, "locationByValue": _pidf(call)}],
        "callComponent": [{"$id": "call-1", "callbackNumber": "+1 555 0100", "callerName": "Made Up"}],
    }  # fmt: skip


def _pidf(call: DemoCall) -> str:
    number, _, street = call.address.partition(" ")
    return (
        '<presence xmlns="urn:ietf:params:xml:ns:pidf" xmlns:gp="urn:ietf:params:xml:ns:pidf:geopriv10" '
        'xmlns:gml="http://www.opengis.net/gml" xmlns:ca="urn:ietf:params:xml:ns:pidf:geopriv10:civicAddr" '
        f'entity="pres:{call.number}@{HOST}"><tuple id="t1"><status><gp:geopriv><gp:location-info>'
        '<gml:Point srsName="urn:ogc:def:crs:EPSG::4326">'
        f"<gml:pos>{call.place.lat} {call.place.lon}</gml:pos></gml:Point>"
        f"<ca:civicAddress><ca:HNO>{number}</ca:HNO><ca:RD>{street}</ca:RD></ca:civicAddress>"
        "</gp:location-info><gp:usage-rules/></gp:geopriv></status></tuple></presence>"
    )
