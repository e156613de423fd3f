"""The export's seal, and what the log says of item and export."""

import hashlib
import json
import re
from dataclasses import dataclass
from typing import Any

from consentry.evidence.bag.check.fault import need, within
from consentry.evidence.bag.check.item_form import ItemForm
from consentry.evidence.bag.check.records import Custody
from consentry.evidence.bag.check.strict import (
    canonical_bytes,
    commitment,
    hex_digest,
    natural,
    raw_bytes,
    short_text,
    strict_object,
)
from consentry.evidence.bag.check.tags import Listing
from consentry.kernel.checkpoint import Checkpoint
from consentry.kernel.limits import MAX_CLOCK_SKEW_MS
from consentry.kernel.proof import parse_proof, verify_proof
from consentry.ledger.trust import WitnessPolicy

EXPORT_TYPE = "application/vnd.consentry.export+json;version=1"
ITEM_PREFIX, EXPORT_PREFIX = 0x04, 0x05
_FIELDS = (
    "v", "export", "item", "agency", "kind", "original", "recipient", "made_ms", "salt", "stamped", "custody_count",
    "custody_head", "manifest_sha256", "tagmanifest_sha256",
)  # fmt: skip
_EXPORT_ID = re.compile(r"exp_[a-z2-7]{26}")
_ENTRY = ("v", "kind", "t", "agency", "commit")


@dataclass(frozen=True)
class ExportForm:
    """What an export's seal says; `payload` are the bytes that were signed."""

    fields: dict[str, Any]
    payload: bytes

    @property
    def export(self) -> str:
        """Its id."""
        return str(self.fields["export"])

    @property
    def made_ms(self) -> int:
        """When it was made."""
        return int(self.fields["made_ms"])

    @property
    def stamped(self) -> bool:
        """Must a time-stamp of the seal lie beside it?"""
        return bool(self.fields["stamped"])


@dataclass(frozen=True)
class Logged:
    """The two entries in the log: their places, times (ms) and the head that both are proven under."""

    item_index: int
    item_ms: int
    export_index: int
    export_ms: int
    head: Checkpoint


def parse_export(payload: bytes) -> ExportForm:
    """The seal's content; BagFault (seal)."""
    with within("seal"):
        said = strict_object(payload, _FIELDS)
        need("seal", said["v"] == 1 and bool(_EXPORT_ID.fullmatch(short_text(said["export"]))), "it is of another kind")
        for name in ("item", "agency", "kind", "original", "recipient"):
            short_text(said[name])
        raw_bytes(said["salt"], length=32)
        for name in ("made_ms", "custody_count"):
            natural(said[name])
        need("seal", said["stamped"] in (0, 1), "it does not say whether it is stamped")
        for name in ("custody_head", "manifest_sha256", "tagmanifest_sha256"):
            hex_digest(said[name])
        return ExportForm(said, payload)


def check_tag_list(export: ExportForm, listing: Listing) -> None:
    """BagFault (seal) unless the seal is over this tag manifest, hence over every file."""
    found = hashlib.sha256(listing.tag_list).hexdigest()
    need("seal", found == export.fields["tagmanifest_sha256"], "the seal is over another list of files")


def check_export(export: ExportForm, form: ItemForm, envelope: bytes, listing: Listing) -> None:
    """BagFault (export, derivative) unless seal, manifest and bag-info.txt speak of the same item."""
    said = export.fields
    need("derivative", (said["kind"], said["original"]) == (form.kind, form.original),
         "the export calls the item an original, or a derivative of another, and its manifest does not")  # fmt: skip
    need(
        "export", (said["item"], said["agency"]) == (form.item, form.agency), "the export is of another item or agency"
    )
    need("export", said["manifest_sha256"] == hashlib.sha256(envelope).hexdigest(), "the export names another manifest")
    need("export", export.made_ms >= form.closed_ms, "the export is dated before the item was closed")
    names = (listing.info.get("External-Identifier"), listing.info.get("Internal-Sender-Identifier"))
    need("export", names == (form.item, export.export), "bag-info.txt names another item or export")
    need(
        "derivative", listing.info.get("Consentry-Item-Kind") == form.kind, "bag-info.txt calls the item something else"
    )


def check_export_custody(export: ExportForm, custody: Custody) -> None:
    """BagFault (custody) unless the seal is over this custody chain, to its end."""
    said = (export.fields["custody_head"], export.fields["custody_count"])
    need("custody", said == (custody.head, custody.count), "the seal is over another chain of events")
    need("custody", custody.last_ms <= export.made_ms, "an event is dated after the export")


def check_logged(proofs: tuple[bytes, bytes], policy: WitnessPolicy, form: ItemForm, export: ExportForm) -> Logged:
    """Both entries in the log, under one checkpoint with a quorum of witnesses; BagFault (log).

    `proofs`: of the item, of the export.
    """
    with within("log"):
        texts = tuple(raw.decode("ascii") if raw.isascii() else raw.decode() for raw in proofs)
        heads = {parse_proof(text)[0].checkpoint for text in texts}
        need("log", len(heads) == 1, "item and export are proven under two heads: whether of one log, nobody can tell")
        found = []
        for text, kind, commit in zip(
            texts,
            ("item.seal", "export.create"),
            (
                commitment(ITEM_PREFIX, form.salt, form.payload),
                commitment(EXPORT_PREFIX, export.fields["salt"], export.payload),
            ),
            strict=True,
        ):
            found.append(_entry(text, policy, {"agency": form.agency, "commit": commit, "kind": kind, "v": 1}))
        (item_index, item_ms, head), (export_index, export_ms, _) = found
        need("log", item_index < export_index, "the export stands in the log before the item")
        _check_times(found, form, export)
        return Logged(item_index, item_ms, export_index, export_ms, head)


def _entry(text: str, policy: WitnessPolicy, expected: dict[str, Any]) -> tuple[int, int, Checkpoint]:
    entry, head = _proven(text, policy)
    fields = json.loads(entry)
    need("log", isinstance(fields, dict) and set(fields) == set(_ENTRY), "the entry is of another kind")
    need("log", canonical_bytes(fields) == entry, "the entry is not in canonical form")
    t_ms = natural(fields.pop("t"))
    need("log", fields["commit"] == expected["commit"], f"the log holds another {expected['kind']} than this one")
    need("log", fields == expected, "the entry is of another kind or agency")
    return parse_proof(text)[0].index, t_ms, head


def _proven(text: str, policy: WitnessPolicy) -> tuple[bytes, Checkpoint]:
    named = [log for log in policy.logs if f"\n\n{log.name}\n" in text]
    need("log", bool(named), "it is a log that you do not trust")
    return verify_proof(text, named[0] if len(named) == 1 else named, policy.verifiers, policy.quorum)


def _check_times(found: list[tuple[int, int, Checkpoint]], form: ItemForm, export: ExportForm) -> None:
    (_, item_ms, head), (_, export_ms, _) = found
    need("log", item_ms + MAX_CLOCK_SKEW_MS >= form.closed_ms, "the item stands in the log before it was closed")
    need("log", export_ms + MAX_CLOCK_SKEW_MS >= export.made_ms, "the export stands in the log before it was made")
    seen_ms = max((1_000 * (signed.time_s or 0) for signed in head.cosigned), default=0)
    need("log", not seen_ms or max(item_ms, export_ms) <= seen_ms + MAX_CLOCK_SKEW_MS,
         "an entry is dated after the witnesses saw it")  # fmt: skip
