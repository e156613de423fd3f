"""The custody events in CASE/UCO (JSON-LD), the exchange format of digital forensics; `case_validate` accepts it.

Ids are derived from the item's and the event's number, so the same bag makes the same graph.
"""

import json
from datetime import UTC, datetime
from itertools import pairwise
from typing import Any
from uuid import NAMESPACE_URL, uuid5

from consentry.evidence.bag.check.item_form import ItemForm, segment_name
from consentry.evidence.bag.types import BagItem, CustodyEvent

_UCO, _CASE = "https://ontology.unifiedcyberontology.org/uco/", "https://ontology.caseontology.org/case/"
_CONTEXT = {
    "case-investigation": f"{_CASE}investigation/",
    "kb": "urn:consentry:",
    "uco-action": f"{_UCO}action/",
    "uco-core": f"{_UCO}core/",
    "uco-identity": f"{_UCO}identity/",
    "uco-observable": f"{_UCO}observable/",
    "uco-types": f"{_UCO}types/",
    "uco-vocabulary": f"{_UCO}vocabulary/",
    "xsd": "http://www.w3.org/2001/XMLSchema#",
}
_Node = dict[str, Any]


def case_graph(form: ItemForm, item: BagItem) -> bytes:
    """The graph: the original files with their digests, each event as an action on them, a record that ties both."""
    files = [_file(form.item, one) for one in form.segments]
    record_id = _id(form.item, "record")
    record = {
        "@id": record_id, "@type": "case-investigation:ProvenanceRecord", "uco-core:name": form.item,
        "case-investigation:exhibitNumber": form.item, "uco-core:object": [{"@id": one["@id"]} for one in files],
    }  # fmt: skip
    people = {event.by: _id(form.item, f"by:{event.by}") for event in item.events}
    identities = [
        {"@id": one, "@type": "uco-identity:Identity", "uco-core:name": by} for by, one in sorted(people.items())
    ]
    actions = [_action(form.item, number, event, people) for number, event in enumerate(item.events)]
    for before, action in pairwise(actions):
        action["case-investigation:wasInformedBy"] = {"@id": before["@id"]}
    for action in actions:
        action["uco-action:object"] = {"@id": record_id}
    graph = [record, *identities, *files, *actions]
    said = {"@context": _CONTEXT, "@graph": graph}
    return (json.dumps(said, ensure_ascii=False, indent=1, sort_keys=True) + "\n").encode()


def _action(item: str, number: int, event: CustodyEvent, people: dict[str, str]) -> _Node:
    detail = json.dumps({**event.detail, "entry": event.entry}, ensure_ascii=False, sort_keys=True)
    return {
        "@id": _id(item, f"event:{number}"), "@type": "case-investigation:InvestigativeAction",
        "uco-core:name": event.event, "uco-core:description": detail,
        "uco-action:performer": {"@id": people[event.by]},
        "uco-action:startTime": {"@type": "xsd:dateTime", "@value": _time(event.t_ms)},
    }  # fmt: skip


def _file(item: str, segment: _Node) -> _Node:
    name, number = segment_name(segment["number"], segment["media_type"]), segment["number"]
    digest = {
        "@id": _id(item, f"hash:{number}"), "@type": "uco-types:Hash", "uco-types:hashMethod": "SHA256",
        "uco-types:hashValue": {"@type": "xsd:hexBinary", "@value": segment["sha256"]},
    }  # fmt: skip
    content = {
        "@id": _id(item, f"content:{number}"), "@type": "uco-observable:ContentDataFacet",
        "uco-observable:hash": digest,
        "uco-observable:sizeInBytes": {"@type": "xsd:integer", "@value": str(segment["size_bytes"])},
    }  # fmt: skip
    named = {
        "@id": _id(item, f"name:{number}"), "@type": "uco-observable:FileFacet",
        "uco-observable:fileName": name.rpartition("/")[2], "uco-observable:filePath": name,
        "uco-observable:isDirectory": {"@type": "xsd:boolean", "@value": "false"},
    }  # fmt: skip
    return {"@id": _id(item, f"file:{number}"), "@type": "uco-observable:File", "uco-core:hasFacet": [named, content]}


def _id(item: str, what: str) -> str:
    return f"kb:{what.partition(':')[0]}-{uuid5(NAMESPACE_URL, f'urn:consentry:{item}:{what}')}"


def _time(time_ms: int) -> str:
    return datetime.fromtimestamp(time_ms / 1_000, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
