"""Makes a bag in two steps, because its seal is logged and stamped in between.

draft = draft_bag(folder, item, order, signer)       all files, the seal; nothing left the house yet
… the room logs `draft.commit` as `export.create`, waits, proves it and the item, stamps `draft.seal` …
finish_bag(folder, item_proof, export_proof, stamp)
open_bag(folder, segments).pieces(start)             the same bytes every time, from any byte on
"""

from dataclasses import dataclass
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path

from consentry.evidence.bag.check.fault import BagFault
from consentry.evidence.bag.check.item_form import MANIFEST_TYPE, ORIGINALS, ItemForm, parse_item, segment_name
from consentry.evidence.bag.check.records import DERIVATION, EVENTS, PLAYER, check_custody
from consentry.evidence.bag.check.strict import open_envelope
from consentry.evidence.bag.check.tags import (
    DECLARATION,
    ITEM_PROOF,
    PAYLOAD_LIST,
    SEAL,
    SEAL_PROOF,
    SEAL_STAMP,
    SELF_PROVEN,
    TAG_FILES,
    TAG_LIST,
)
from consentry.evidence.bag.check.verdict import ABOUT, JOURNAL, MANIFEST, STAMP
from consentry.evidence.bag.custody import chain_events
from consentry.evidence.bag.layout import Entry, ZipLayout
from consentry.evidence.bag.report.pages import write_reports
from consentry.evidence.bag.seal import export_commit, seal_payload, sha256_hex, sign_seal
from consentry.evidence.bag.shelf import Shelf, measure_segment
from consentry.evidence.bag.types import BagItem, ExportOrder, PlayerCopy, Segments
from consentry.evidence.bag.verifier_text import verifier_text
from consentry.kernel.canonical import canonical_json
from consentry.kernel.errors import Conflict
from consentry.kernel.note import Signer


@dataclass(frozen=True)
class Draft:
    """A bag whose seal waits for the log and a time-stamp: `commit` for `export.create`, `seal` to be stamped."""

    commit: str
    seal: bytes


def draft_bag(
    folder: Path, item: BagItem, order: ExportOrder, signer: Signer, player: PlayerCopy | None = None
) -> Draft:
    """Make all files of the bag in `folder` (new, its owner's alone) and seal them with the vault's key.

    `player`: how the file that lies ready at `player_path(folder)` was made; None leaves it out.

    Raises:
        BagFault: the item is not whole (store: a segment is not what was sealed; else the layer that the check names).
    """
    shelf = Shelf(folder)
    form = parse_item(open_envelope(item.manifest, MANIFEST_TYPE, (signer.verifier,), "manifest"))
    originals = [
        measure_segment(item.segments, one["number"], segment_name(one["number"], one["media_type"]), one["sha256"])
        for one in form.segments
    ]
    _put_item(shelf, item)
    lines = chain_events(form.item, item.about, item.events)
    custody = check_custody(form, item.about, lines)
    if custody.last_ms > order.made_ms:
        raise BagFault("custody", "an event is dated after the export")
    shelf.put(EVENTS, lines)
    if player is not None:
        _describe_player(shelf, form, player)
    write_reports(shelf, form, item, order)
    listed = {one.name: segment["sha256"] for one, segment in zip(originals, form.segments, strict=True)}
    _put_tags(shelf, form, order, (originals, listed))
    digests = {
        "manifest_sha256": sha256_hex(item.manifest),
        "tagmanifest_sha256": sha256_hex(shelf.path(TAG_LIST).read_bytes()),
    }
    payload = seal_payload(order, form, custody, digests)
    seal = sign_seal(payload, signer)
    shelf.put(SEAL, seal)
    top = f"consentry-{order.export}"
    shelf.put_state(top, originals)
    return Draft(export_commit(order, payload), seal)


def player_path(folder: Path) -> Path:
    """Where the player's copy is made before `draft_bag`."""
    return Shelf(folder).path(PLAYER)


def finish_bag(folder: Path, item_proof: str, export_proof: str, stamp: bytes | None) -> None:
    """Add the proofs (C2SP tlog-proof texts with the entry, both under one checkpoint) and the seal's time-stamp."""
    shelf = Shelf(folder)
    top, originals = shelf.state()
    shelf.put(ITEM_PROOF, item_proof.encode())
    shelf.put(SEAL_PROOF, export_proof.encode())
    if stamp is not None:
        shelf.put(SEAL_STAMP, stamp)
    shelf.close(top, [*(shelf.entry(name) for name in sorted(shelf.names(), key=_order)), *originals])


def open_bag(folder: Path, segments: Segments) -> ZipLayout:
    """The finished bag in `folder`: its length, and its bytes from any place; Conflict when it is not finished."""
    return Shelf(folder).zip_layout(segments)


def _put_item(shelf: Shelf, item: BagItem) -> None:
    for name, content in ((ABOUT, item.about), (JOURNAL, item.journal), (MANIFEST, item.manifest)):
        shelf.put(name, content)
    if item.timestamp is not None:
        shelf.put(STAMP, item.timestamp)


def _describe_player(shelf: Shelf, form: ItemForm, player: PlayerCopy) -> None:
    if not shelf.path(PLAYER).exists():
        raise Conflict("the player's copy was not made yet", kind="bag-unfinished")
    originals = [
        {"name": segment_name(one["number"], one["media_type"]), "sha256": one["sha256"]} for one in form.segments
    ]
    made = {"name": PLAYER, "size_bytes": shelf.path(PLAYER).stat().st_size, "sha256": shelf.digest(PLAYER)}
    said = {
        "v": 1, "item": form.item, "made": made, "made_from": originals, "operation": player.operation,
        "label": player.label, "programs": dict(player.programs),
    }  # fmt: skip
    shelf.put(DERIVATION, canonical_json(said))


def _put_tags(shelf: Shelf, form: ItemForm, order: ExportOrder, originals: tuple[list[Entry], dict[str, str]]) -> None:
    entries, listed = originals
    payload = {name: shelf.digest(name) for name in shelf.names() if name.startswith("data/")} | listed
    octets = sum(one.size_bytes for one in entries)
    octets += sum(shelf.path(name).stat().st_size for name in payload if not name.startswith(ORIGINALS))
    shelf.put("bagit.txt", DECLARATION)
    shelf.put("bag-info.txt", _info(form, order, f"{octets}.{len(payload)}"))
    shelf.put("verify.py", verifier_text().encode())
    shelf.put(PAYLOAD_LIST, _list(payload))
    shelf.put(TAG_LIST, _list({name: shelf.digest(name) for name in TAG_FILES}))


def _list(digests: dict[str, str]) -> bytes:
    return "".join(f"{digests[name]}  {name}\n" for name in sorted(digests)).encode()


def _info(form: ItemForm, order: ExportOrder, oxum: str) -> bytes:
    lines = [
        ("Source-Organization", " ".join(order.agency_name.split()) or form.agency),
        ("Bagging-Date", f"{datetime.fromtimestamp(order.made_ms / 1_000, UTC):%Y-%m-%d}"),
        ("External-Identifier", form.item),
        ("Internal-Sender-Identifier", order.export),
        ("Payload-Oxum", oxum),
        ("Bag-Software-Agent", f"Consentry {version('consentry')}"),
        ("Consentry-Item-Kind", form.kind),
    ]
    return "".join(f"{label}: {value}\n" for label, value in lines).encode()


def _order(name: str) -> tuple[bool, bool, str]:
    """Tag files first, then what holds by itself, then the payload."""
    return name.startswith("data/"), name in SELF_PROVEN, name
