"""Pure parsers: what they keep, what they drop, what they refuse, and that nothing makes them raise."""

import csv
import io
import json
from collections import Counter
from contextlib import suppress
from copy import deepcopy
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from consentry.incidents.adapters import eido, table, webhook
from consentry.incidents.minimise import block_of, block_place, number_text, type_text
from consentry.incidents.presets import get_preset, presets
from consentry.incidents.types import RawCall, Rejected
from consentry.kernel.errors import Malformed
from consentry.kernel.geo import Place

PLAIN = get_preset("plain").columns
HEAD = "number,type,status,reported_at,updated_at,lat,lon,address\n"
GOOD = "N-1,BURGLARY,open,2026-11-22T20:00:00Z,2026-11-22T20:01:00Z,41.0004,-40.0004,4127 OAK ST APT 3\n"


def read(text: bytes | str, columns: table.ColumnMap = PLAIN) -> list[RawCall | Rejected]:
    """All rows of a table."""
    return list(table.read_calls(io.BytesIO(text if isinstance(text, bytes) else text.encode()), columns))


def pidf(location: str) -> str:
    """A PIDF-LO around `location`."""
    return (
        '<presence xmlns="urn:ietf:params:xml:ns:pidf" xmlns:gml="http://www.opengis.net/gml" '
        'xmlns:ca="urn:ietf:params:xml:ns:pidf:geopriv10:civicAddr"><tuple id="t"><status>'
        f"{location}</status></tuple></presence>"
    )


POINT = '<gml:Point srsName="urn:ogc:def:crs:EPSG::4326"><gml:pos>41.00049 -40.00051</gml:pos></gml:Point>'


def document(**changes: Any) -> dict[str, Any]:
    """A small EIDO, its incident changed as said."""
    incident = {
        "$id": "urn:emergency:uid:incidentid:abc123:psap.example",
        "lastUpdateTimeStamp": "2026-11-22T20:00:00Z",
        "incidentTypeCommonRegistryText": "BURGLARY",
        "incidentStatusCommonRegistryText": ["Active"],
        "internalIncidentId": "26-0001",
        "locationReference": [{"$ref": "loc-1"}],
    }
    locations = [{"$id": "loc-1", "locationByValue": pidf(POINT)}]
    return {"incidentComponent": {**incident, **changes}, "locationComponent": locations}


def one(body: object) -> RawCall | Rejected:
    """The one thing read from an EIDO."""
    return next(eido.read_calls(json.dumps(body).encode()))


@pytest.mark.parametrize(
    ("address", "block"),
    [
        ("4127 OAK ST APT 3", "4100 block of OAK ST"),
        ("12 Harbour Row", "0 block of HARBOUR ROW"),
        ("92XX BLOCK OF RAINIER AV S", "9200 block of RAINIER AV S"),
        ("POWELL ST & E SPRUCE ST", "POWELL ST & E SPRUCE ST"),
        ("14 AV / E COLUMBIA ST", "14 AV & E COLUMBIA ST"),
        ("4127 OAK ST; CALLER JANE ROE 601-555-0143", "4100 block of OAK ST"),
        ("4127 OAK ST JANE ROE", "4100 block of OAK ST"),
        ("JANE ROE 4127 OAK ST", "OAK ST"),
        ("12 RUE DE LA PAIX", "0 block of RUE DE LA PAIX"),
        ("JANE ROE", ""),
        ("", ""),
        (None, ""),
    ],
)
def test_addresses_are_kept_to_the_block(address: object, block: str) -> None:
    assert block_of(address) == block


@pytest.mark.parametrize(
    ("said", "kept"),
    [
        ("Burglary in progress", "BURGLARY IN PROGRESS"),
        ("THREATS (INCLS IN-PERSON/BY PHONE/IN WRITING)", "THREATS (INCLS IN-PERSON/BY PHONE/IN WRITING)"),
        ("WELFARE CHECK NAME: JANE ROE", "WELFARE CHECK"),
        ("ASSAULT MR SMITH AT DOOR", "ASSAULT"),
        ("NOISE 601 555 0143", "NOISE"),
        ("FRAUD jane@example.org", "FRAUD"),
        (12, ""),
    ],
)
def test_types_lose_names_and_phones(said: object, kept: str) -> None:
    assert type_text(said) == kept


def test_places_are_rounded_to_the_block_grid_and_nonsense_is_none() -> None:
    assert block_place("41.00049", "-40.00051") == Place(41.0, -40.001)
    assert [block_place(*bad) for bad in (("91", "0"), ("nan", "1"), ("", ""), ("0", "0"), (None, "1"))] == [None] * 5


@given(st.text(max_size=200))
def test_no_text_breaks_minimising_or_keeps_seven_digits(text: str) -> None:
    for kept in (block_of(text), type_text(text)):
        assert len(kept) <= 80
        assert "\x00" not in kept
        assert "@" not in block_of(text)
    assert len(number_text(text)) <= 64
    assert "5550143" not in type_text(text + " 5550143").replace(" ", "")


@given(st.sampled_from(["NAME", "CALLER", "CB", "PHONE"]), st.text("ABC xyz", max_size=10))
def test_a_house_number_never_survives(word: str, street: str) -> None:
    assert "4127" not in block_of(f"4127 {street} ST {word}: 601-555-0143")


def test_the_synthetic_eido_is_read_without_its_agents(shared_data: Path) -> None:
    found = next(eido.read_calls((shared_data / "eido" / "synthetic-burglary.eido.json").read_bytes()))
    assert isinstance(found, RawCall)
    assert (found.number, found.common_type, found.status) == ("2026-0412233", "BURGLARY", "open")
    assert found.place == Place(32.299, -90.185)
    assert "ct042" not in repr(found)


def test_persons_vehicles_callers_and_notes_are_dropped() -> None:
    said = document()
    secret = {"personNameText": "Jane Roe", "phone": "+1 601 555 0143", "plate": "MS-JR1"}
    for part in ("personComponent", "vehicleComponent", "callComponent", "notesComponent", "additionalData"):
        said[part] = [secret]
    said["incidentComponent"]["notes"] = secret
    assert one(said) == one(document())


@pytest.mark.parametrize("status", ["Closed", "Cancelled", "Completed"])
def test_a_closing_status_closes(status: str) -> None:
    found = one(document(incidentStatusCommonRegistryText=["Active", status]))
    assert isinstance(found, RawCall)
    assert found.status == "closed"


BOMB = (
    '<?xml version="1.0"?><!DOCTYPE x [<!ENTITY a "ha"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;&a;&a;">'
    '<!ENTITY c "&b;&b;&b;&b;&b;&b;&b;&b;&b;&b;">]><x>&c;</x>'
)
OUTSIDE_FILE = '<?xml version="1.0"?><!DOCTYPE x [<!ENTITY f SYSTEM "file:///etc/passwd">]><x>&f;</x>'


@pytest.mark.parametrize("xml", [BOMB, OUTSIDE_FILE, "<open>", "", "x" * 70_000, 5, None])
def test_entity_bombs_and_broken_xml_give_a_call_without_a_place(xml: object) -> None:
    said = document()
    said["locationComponent"][0]["locationByValue"] = xml
    found = one(said)
    assert isinstance(found, RawCall)
    assert found.place is None
    assert found.block == ""


def test_a_callers_own_location_is_never_read() -> None:
    said = document()
    said["locationComponent"].insert(0, {"$id": "caller", "locationByValue": pidf(POINT.replace("41.0", "42.0"))})
    found = one(said)
    assert isinstance(found, RawCall)
    assert found.place == Place(41.0, -40.001)


def test_a_civic_address_is_kept_to_the_block() -> None:
    said = document()
    parts = {"HNO": "4127", "RD": "Oak", "STS": "St", "NAM": "Jane"}
    civic = "".join(f"<ca:{part}>{text}</ca:{part}>" for part, text in parts.items())
    civic = f"<ca:civicAddress>{civic}</ca:civicAddress>"
    said["locationComponent"][0]["locationByValue"] = pidf(civic)
    found = one(said)
    assert isinstance(found, RawCall)
    assert found.block == "4100 block of OAK ST"


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        (b"", "not_json"),
        (b"[1]", "not_json"),
        (b'{"a": 1, "a": 2}', "not_json"),
        (b"[" * 100_000, "not_json"),
        (b"{" + b" " * 600_000 + b"}", "not_json"),
        (b"{}", "no_incident"),
        (json.dumps(document(internalIncidentId=None) | {}).replace("urn:emergency", "x").encode(), "bad_number"),
        (json.dumps(document(lastUpdateTimeStamp="yesterday")).encode(), "bad_time"),
        (json.dumps(document(lastUpdateTimeStamp="2026-11-22T20:00:00")).encode(), "bad_time"),
    ],
)
def test_what_cannot_be_a_call_is_refused_with_a_reason(body: bytes, reason: str) -> None:
    found = next(eido.read_calls(body))
    assert isinstance(found, Rejected)
    assert found.reason == reason


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=10), inner, max_size=4),
    max_leaves=20,
)


@given(
    st.sampled_from([*sorted(document()["incidentComponent"]), "locationComponent", "incidentComponent"]), json_values
)
def test_no_value_in_an_eido_raises(key: str, value: Any) -> None:
    said = deepcopy(document())
    (said["incidentComponent"] if key in said["incidentComponent"] else said)[key] = value
    assert isinstance(eido.read_document(said), RawCall | Rejected)


@given(st.binary(max_size=300))
def test_no_bytes_raise_anything_but_our_errors(body: bytes) -> None:
    list(eido.read_calls(body))
    read(body)
    with suppress(Malformed):
        list(webhook.read_calls(body))


@given(json_values)
def test_no_webhook_call_raises(call: Any) -> None:
    assert isinstance(webhook.read_call(call, 1), RawCall | Rejected)


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "cp1252", "utf-16", "utf-16-le"])
def test_other_encodings_are_read(encoding: str) -> None:
    text = HEAD + GOOD.replace("BURGLARY", "AGRESIÓN")
    body = ("\ufeff" + text).encode(encoding) if encoding == "utf-16-le" else text.encode(encoding)
    (found,) = read(body)
    assert isinstance(found, RawCall)
    assert found.local_type == "AGRESIÓN"
    assert found.block == "4100 block of OAK ST"


@pytest.mark.parametrize(
    ("row", "reason"),
    [
        ("26-2,BURGLARY,open\n", "wrong_columns"),
        (GOOD.replace("2026-11-22T20:00:00Z", "22.11."), "bad_time"),
        (GOOD.replace("41.0004", "north"), "bad_place"),
        (GOOD.replace("41.0004", "410.0"), "bad_place"),
        (GOOD.replace("N-1", "Jane Roe"), "bad_number"),
        ('26-2,"BURGLARY,open\n', "open_quote"),
        ("x" * 70_000 + "\n", "too_long"),
    ],
)
def test_a_broken_row_is_refused_alone(row: str, reason: str) -> None:
    found = read(HEAD + GOOD + row + GOOD.replace("N-1", "N-3"))
    assert [item.reason for item in found if isinstance(item, Rejected)] == [reason]
    assert [item.number for item in found if isinstance(item, RawCall)] == ["N-1", "N-3"]
    assert "Jane" not in repr(found)


def test_a_quoted_line_break_is_one_row() -> None:
    found = read(HEAD + GOOD.replace("4127 OAK ST APT 3", '"4127 OAK ST\nAPT 3"'))
    assert [type(item) for item in found] == [RawCall]


def test_a_table_without_the_mapped_columns_is_refused_whole() -> None:
    assert [item.reason for item in read("a,b\n1,2\n") if isinstance(item, Rejected)] == ["missing_columns"]


def test_more_rows_than_allowed_end_the_reading() -> None:
    found = list(table.read_calls(io.BytesIO((HEAD + GOOD * 4).encode()), PLAIN, max_rows=3))
    assert [type(item) for item in found] == [RawCall] * 3 + [Rejected]


def test_the_montgomery_file_is_read_whole(shared_data: Path) -> None:
    preset = get_preset("montgomery_pa")
    with (shared_data / "calls" / "montgomery_pa_911_3051.csv").open("rb") as stream:
        found = list(table.read_calls(stream, preset.columns))
    calls = [item for item in found if isinstance(item, RawCall)]
    assert len(found) == len(calls) == 3051
    assert all(call.status == "closed" and not any(map(str.isdigit, call.block[-4:])) for call in calls)
    assert sum(call.place is None for call in calls) == 30, "the county's stand-in point is no place"
    assert sum(call.local_type in preset.types for call in calls) > 2_800


def test_a_broken_row_in_the_montgomery_file_does_not_hide_the_others(shared_data: Path) -> None:
    lines = (shared_data / "calls" / "montgomery_pa_911_3051.csv").read_bytes().splitlines(keepends=True)
    lines[1_000] = b'40.1,-75.3,"EMS: FALL\n'
    found = read(b"".join(lines), get_preset("montgomery_pa").columns)
    assert Counter(type(item) for item in found) == {RawCall: 3050, Rejected: 1}


def test_the_seattle_file_is_read_whole(shared_data: Path) -> None:
    preset, name = get_preset("seattle_spd"), "seattle_spd_911_incident_response_707.csv"
    with (shared_data / "calls" / name).open("rb") as stream:
        found = list(table.read_calls(stream, preset.columns))
    calls = [item for item in found if isinstance(item, RawCall)]
    assert len(calls) == len({call.number for call in calls}) == 706 == len(found)
    unmapped = Counter(call.local_type for call in calls if call.local_type not in preset.types)
    assert sum(unmapped.values()) <= 4


def test_every_preset_maps_to_known_codes(shared_data: Path) -> None:
    with (shared_data / "eido" / "incident-type-common-registry.csv").open() as stream:
        known = {row["code"] for row in csv.DictReader(stream)}
    assert {code for preset in presets().values() for code in preset.types.values()} <= known
