"""The whole check of a bag, from the outside in, and what it proves."""

from dataclasses import dataclass, field
from datetime import UTC, datetime

from cryptography import x509

from consentry.evidence.bag.check.export_form import (
    EXPORT_TYPE,
    ExportForm,
    check_export,
    check_export_custody,
    check_logged,
    check_tag_list,
    parse_export,
)
from consentry.evidence.bag.check.fault import need, within
from consentry.evidence.bag.check.item_form import (
    MANIFEST_TYPE,
    ORIGINALS,
    ItemForm,
    check_journal,
    check_segment_files,
    parse_item,
)
from consentry.evidence.bag.check.records import DERIVATION, EVENTS, PLAYER, check_custody, check_player
from consentry.evidence.bag.check.roots import Roots
from consentry.evidence.bag.check.sources import Source, digest_of, read_whole
from consentry.evidence.bag.check.stamp import check_stamp
from consentry.evidence.bag.check.strict import open_envelope
from consentry.evidence.bag.check.tags import (
    ITEM_PROOF,
    SEAL,
    SEAL_PROOF,
    SEAL_STAMP,
    Listing,
    check_count,
    check_tag_files,
    read_listing,
)
from consentry.kernel.limits import (
    MAX_BAG_RECORD_BYTES,
    MAX_CLOCK_SKEW_MS,
    MAX_PROOF_BYTES,
    MAX_TIMESTAMP_BYTES,
)

ABOUT, JOURNAL, MANIFEST, STAMP = "data/item/about", "data/item/journal", "data/item/manifest", "data/item/timestamp"
CUSTODY_FOLDER, PLAYER_FOLDER, ITEM_FOLDER = "data/custody/", "data/player/", "data/item/"
_ITEM_FILES = {ABOUT: "journal", JOURNAL: "journal", MANIFEST: "manifest", STAMP: "timestamp"}
_FOLDERS = {ORIGINALS: "segment", CUSTODY_FOLDER: "custody", PLAYER_FOLDER: "derivative"}


@dataclass(frozen=True)
class Verdict:
    """A bag that holds: of which item and export, what that proves, and what nobody could check (English sentences)."""

    item: str
    export: str
    size_bytes: int
    proved: list[str] = field(default_factory=list)
    unproved: list[str] = field(default_factory=list)
    never: tuple[str, ...] = (
        "that the camera showed the truth, or that its clock was right",
        "that what people entered into the custody events is true",
    )

    @property
    def complete(self) -> bool:
        """Was everything checked that a bag can prove?"""
        return not self.unproved


def verify_bag(source: Source, roots: Roots) -> Verdict:
    """The verdict on a bag that holds; BagFault, whose `layer` says where, on any other. Reads every byte once."""
    listing = read_listing(source)
    need("seal", SEAL in source.sizes, f"{SEAL} is missing")
    export = parse_export(
        open_envelope(read_whole(source, SEAL, MAX_TIMESTAMP_BYTES), EXPORT_TYPE, roots.vault, "seal")
    )
    check_tag_list(export, listing)
    check_tag_files(source, listing)
    form, envelope = _read_item(source, listing, roots)
    verdict = Verdict(form.item, export.export, sum(source.sizes.values()))
    check_export(export, form, envelope, listing)
    check_segment_files(form, source.sizes, listing.payload)
    _check_places(listing)
    custody = check_custody(form, _record(source, listing, ABOUT), _record(source, listing, EVENTS))
    check_export_custody(export, custody)
    if PLAYER in source.sizes or DERIVATION in source.sizes:
        need("derivative", PLAYER in source.sizes, "a description of a player's copy without the copy")
        check_player(form, source.sizes, listing.payload, _record(source, listing, DERIVATION))
    made_from = f", made from {form.original} and not the original itself" if form.original else ""
    verdict.proved.append(f"the vault signed the item's manifest and this export ({form.kind}, {form.item}{made_from})")
    _check_stamps(source, roots, (form, envelope), export, verdict)
    _check_log(source, roots, form, (export, custody.seal_entry), verdict)
    for name, sha256 in sorted(listing.payload.items()):
        digest_of(source, name, _layer_of(name), sha256)
    check_count(source, listing)
    verdict.proved.append(f"every byte of {len(form.segments)} segments is as it was sealed")
    verdict.proved.append(f"{custody.count} custody events are complete and unchanged since the export")
    return verdict


def _read_item(source: Source, listing: Listing, roots: Roots) -> tuple[ItemForm, bytes]:
    envelope = _record(source, listing, MANIFEST)
    form = parse_item(open_envelope(envelope, MANIFEST_TYPE, roots.vault, "manifest"))
    check_journal(form, _record(source, listing, ABOUT), _record(source, listing, JOURNAL))
    return form, envelope


def _record(source: Source, listing: Listing, name: str) -> bytes:
    """A record of the payload, which must be listed."""
    layer = _layer_of(name)
    need(layer, name in listing.payload, f"{name} is missing")
    digest_of(source, name, layer, listing.payload[name])
    return read_whole(source, name, MAX_BAG_RECORD_BYTES)


def _layer_of(name: str) -> str:
    by_folder = (layer for folder, layer in _FOLDERS.items() if name.startswith(folder))
    return _ITEM_FILES.get(name) or next(by_folder, "bag")


def _check_places(listing: Listing) -> None:
    for name in listing.payload:
        inside = name in _ITEM_FILES or any(name.startswith(folder) for folder in _FOLDERS)
        need("bag", inside, f"{name} has no place in a bag")
        extra = name.startswith(PLAYER_FOLDER) and name not in (PLAYER, DERIVATION)
        need("derivative", not extra, f"{name} is not described by {DERIVATION}")


def _check_log(
    source: Source, roots: Roots, form: ItemForm, exported: tuple[ExportForm, int], verdict: Verdict
) -> None:
    export, seal_entry = exported
    for name in (ITEM_PROOF, SEAL_PROOF):
        need("log", name in source.sizes, f"{name} is missing")
    proofs = (read_whole(source, ITEM_PROOF, MAX_PROOF_BYTES), read_whole(source, SEAL_PROOF, MAX_PROOF_BYTES))
    if not roots.log.logs:
        verdict.unproved.append("that item and export stand in the public log: your trust file names no log")
        return
    logged = check_logged(proofs, roots.log, form, export)
    need("custody", seal_entry == logged.item_index, "the events name another entry of the log for the sealing")
    verdict.proved.append(
        f"the item is entry {logged.item_index} and the export entry {logged.export_index} of {logged.head.origin}, "
        f"dated {_utc(logged.item_ms)} and {_utc(logged.export_ms)}, cosigned by {len(logged.head.cosigned)} witnesses"
    )
    if not roots.log.quorum:
        verdict.unproved.append("that everybody is shown this same log: your trust file asks for no witness")


def _check_stamps(
    source: Source, roots: Roots, item: tuple[ItemForm, bytes], export: ExportForm, verdict: Verdict
) -> None:
    form, envelope = item
    need("timestamp", export.stamped == (SEAL_STAMP in source.sizes), "the seal says that it is stamped, or is not")
    seal = read_whole(source, SEAL, MAX_TIMESTAMP_BYTES)
    for name, stamped, said_ms, what in (
        (STAMP, envelope, form.closed_ms, "manifest"),
        (SEAL_STAMP, seal, export.made_ms, "export"),
    ):
        if name not in source.sizes:
            verdict.unproved.append(f"when the {what} was there, by an outside clock: no authority had stamped it")
        elif not roots.stamps:
            verdict.unproved.append(f"the time-stamp of the {what}: your trust file holds no authority's certificate")
        else:
            time = _stamp(read_whole(source, name, MAX_TIMESTAMP_BYTES), stamped, said_ms, roots.stamps)
            verdict.proved.append(
                f"the {what} was there on {time:%Y-%m-%d at %H:%M:%S} UTC, by a time-stamping authority"
            )


def _stamp(reply: bytes, stamped: bytes, said_ms: int, roots: tuple[x509.Certificate, ...]) -> datetime:
    with within("timestamp"):
        stamp = check_stamp(reply, stamped, roots)
        early_ms = said_ms - 1_000 * stamp.time.timestamp()
        need("timestamp", early_ms <= MAX_CLOCK_SKEW_MS, "it is stamped before it is said to have been there")
        return stamp.time


def _utc(time_ms: int) -> str:
    return f"{datetime.fromtimestamp(time_ms / 1_000, UTC):%Y-%m-%d %H:%M:%S} UTC"
