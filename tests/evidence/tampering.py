"""What a dishonest hand does to a bag: each case makes the bytes of a zip file and names the layer that must refuse.

`outside` changes files without any key (all digests made anew where that helps). `inside` holds the vault's key and
the agency's right to log: what is wrong then must show in what the parts say of each other.
"""

import hashlib
import json
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from tests.evidence.bag_maker import Files, World, payload_of, relist, resign, zip_of

from consentry.evidence.bag.check.records import DERIVATION, EVENTS, PLAYER
from consentry.evidence.bag.check.tags import ITEM_PROOF, SEAL, SEAL_PROOF, SEAL_STAMP, TAG_LIST
from consentry.evidence.bag.check.verdict import ABOUT, JOURNAL, MANIFEST, STAMP
from consentry.evidence.bag.custody import chain_events
from consentry.evidence.bag.seal import sign_envelope
from consentry.evidence.bag.types import CustodyEvent
from consentry.kernel.canonical import canonical_json
from consentry.kernel.ids import ItemId, id_of_bytes
from consentry.kernel.note import COSIGNATURE_V1, Signer

FIRST, SECOND, THIRD = (f"data/original/00000{number}.mp4" for number in range(3))
OTHER_ITEM = ItemId(id_of_bytes("item", bytes(16)))


@dataclass(frozen=True)
class Case:
    """A name, the layer that must refuse, and what is done: the zip file's bytes, from the world's honest bag."""

    name: str
    layer: str
    make: Callable[[World], bytes]


CASES: list[Case] = []
Edit = Callable[[World, Files], Files | None]


def outside(layer: str, name: str, *, lists: bool = False) -> Callable[[Edit], Edit]:
    """An edit of the files by someone without keys; `lists`: with both lists of files made anew."""

    def add(edit: Edit) -> Edit:
        def make(world: World) -> bytes:
            files = dict(world.files)
            files = edit(world, files) or files
            return zip_of(relist(files) if lists else files)

        CASES.append(Case(name, layer, make))
        return edit

    return add


def inside(layer: str, name: str, **sealed: Any) -> Callable[[Edit], Edit]:
    """An edit by someone with the vault's key, who then makes lists, seal, log and stamps anew (`World.reseal`)."""

    def add(edit: Edit) -> Edit:
        def make(world: World) -> bytes:
            files = dict(world.files)
            files = edit(world, files) or files
            said = {key: value(world) if callable(value) else value for key, value in sealed.items()}
            return zip_of(world.reseal(files, **said))

        CASES.append(Case(name, layer, make))
        return edit

    return add


def flip(raw: bytes, at: int) -> bytes:
    changed = bytearray(raw)
    changed[at] ^= 1
    return bytes(changed)


def edit_file(name: str, change: Callable[[bytes], bytes]) -> Edit:
    return lambda _, files: files | {name: change(files[name])}


def swap(one: str, other: str) -> Edit:
    return lambda _, files: files | {one: files[other], other: files[one]}


def drop(name: str) -> Edit:
    return lambda _, files: {key: content for key, content in files.items() if key != name}


def add(name: str, content: bytes = b"foreign") -> Edit:
    return lambda _, files: files | {name: content}


def same(_: World, files: Files) -> Files:
    return files


def with_manifest(change: Callable[[dict[str, Any]], object], *, honest_journal: bool = True) -> Edit:
    """The manifest's payload changed and signed anew by the vault."""

    def edit(world: World, files: Files) -> Files:
        payload = json.loads(payload_of(files[MANIFEST]))
        change(payload)
        made = files | {MANIFEST: resign(payload, world.vault)}
        return made | {STAMP: world.authority.stamp(made[MANIFEST])}

    return edit


def with_events(change: Callable[[list[CustodyEvent], World], object], item: str = "") -> Edit:
    """The custody events changed and chained anew."""

    def edit(world: World, files: Files) -> Files:
        events = list(world.events(5))
        change(events, world)
        said = json.loads(payload_of(files[MANIFEST]))["item"]
        return files | {EVENTS: chain_events(item or said, files[ABOUT], events)}

    return edit


# Segments.
outside("segment", "a segment's first byte")(edit_file(FIRST, lambda raw: flip(raw, 0)))
outside("segment", "a segment's last byte")(edit_file(THIRD, lambda raw: flip(raw, -1)))
outside("segment", "a segment cut short")(edit_file(SECOND, lambda raw: raw[:-1]))
outside("segment", "a segment made longer")(edit_file(SECOND, lambda raw: raw + b"\0"))
outside("segment", "an empty segment")(edit_file(SECOND, lambda raw: b""))
outside("segment", "two segments swapped")(swap(FIRST, SECOND))
outside("bag", "a segment dropped")(drop(SECOND))
outside("bag", "a segment added")(add("data/original/000003.mp4"))
outside("seal", "a segment changed, all lists made anew", lists=True)(edit_file(FIRST, lambda raw: flip(raw, 9)))
outside("seal", "a segment dropped, all lists made anew", lists=True)(drop(THIRD))
inside("segment", "a segment changed and sealed again")(edit_file(FIRST, lambda raw: flip(raw, 9)))
inside("segment", "two segments swapped and sealed again")(swap(FIRST, SECOND))
inside("segment", "a segment dropped and sealed again")(drop(THIRD))
inside("segment", "a segment twice")(lambda _, files: files | {"data/original/000003.mp4": files[THIRD]})
inside("segment", "a segment under another ending")(
    lambda _, files: drop(THIRD)(_, files | {"data/original/000002.mov": files[THIRD]})
)

# Journal.
outside("journal", "a byte of the journal")(edit_file(JOURNAL, lambda raw: flip(raw, 40)))
outside("journal", "a byte of `about`")(edit_file(ABOUT, lambda raw: flip(raw, 40)))
inside("journal", "a line of the journal dropped")(edit_file(JOURNAL, lambda raw: b"".join(raw.splitlines(True)[1:])))
inside("journal", "the journal torn")(edit_file(JOURNAL, lambda raw: raw[:-1]))
inside("journal", "two lines of the journal swapped")(
    edit_file(JOURNAL, lambda raw: b"".join(raw.splitlines(True)[number] for number in (1, 0, 2, 3)))
)


def _journal_too(change: Callable[[bytes], bytes]) -> Edit:
    """The journal changed and the manifest's digest of it too, signed anew: only the chain can tell."""

    def edit(world: World, files: Files) -> Files:
        journal = change(files[JOURNAL])
        made = with_manifest(lambda said: said.update(journal_sha256=hashlib.sha256(journal).hexdigest()))
        return made(world, files) | {JOURNAL: journal}

    return edit


inside("journal", "a chain broken, the manifest signed for it")(
    _journal_too(lambda raw: raw.replace(b'"run":"r"', b'"run":"s"', 1))
)
inside("journal", "a line twice, the manifest signed for it")(_journal_too(lambda raw: raw.splitlines(True)[0] + raw))
inside("journal", "a journal that goes on after its end")(_journal_too(lambda raw: raw + raw.splitlines(True)[-1]))
inside("journal", "closed at another time than the journal says")(
    with_manifest(lambda said: said.update(closed_ms=said["closed_ms"] + 1))
)
inside("journal", "a time in the manifest that the journal does not have")(
    with_manifest(lambda said: said["segments"][1].update(end_us=said["segments"][1]["end_us"] + 1))
)
inside("journal", "a source that `about` does not have")(
    with_manifest(lambda said: said.update(source={"programme": "prg_y"}))
)

# Manifest and signatures.
outside("manifest", "a byte of the manifest")(edit_file(MANIFEST, lambda raw: flip(raw, 60)))
outside("bag", "no manifest")(drop(MANIFEST))
inside("manifest", "no manifest, sealed again")(drop(MANIFEST))
inside("manifest", "a manifest with a foreign field")(with_manifest(lambda said: said.update(note="x")))
inside("manifest", "a manifest of another version")(with_manifest(lambda said: said.update(v=2)))
inside("manifest", "a root of other segments")(with_manifest(lambda said: said.update(segments_root="0" * 64)))
inside("manifest", "segments in another order")(with_manifest(lambda said: said["segments"].reverse()))
inside("manifest", "no segments")(with_manifest(lambda said: said.update(segments=[])))
inside("manifest", "a manifest that is not canonical")(
    lambda world, files: (
        files
        | {
            MANIFEST: sign_envelope(
                payload_of(files[MANIFEST]) + b" ", "application/vnd.consentry.item+json;version=1", world.vault
            )
        }
    )
)
inside("manifest", "an envelope of something else")(
    lambda world, files: files | {MANIFEST: sign_envelope(payload_of(files[MANIFEST]), "application/json", world.vault)}
)
inside("signature", "a manifest signed by another key of the same name")(
    lambda world, files: (
        files | {MANIFEST: resign(json.loads(payload_of(files[MANIFEST])), Signer.generate(world.vault.name))}
    )
)
inside("signature", "a manifest whose signature is of the seal")(
    lambda _, files: (
        files
        | {
            MANIFEST: canonical_json(
                json.loads(files[MANIFEST]) | {"signatures": json.loads(files[SEAL])["signatures"]}
            )
        }
    )
)
inside("manifest", "a manifest without a signature")(
    lambda _, files: files | {MANIFEST: canonical_json(json.loads(files[MANIFEST]) | {"signatures": []})}
)
inside("signature", "a bag sealed by another key", signer=lambda _: Signer.generate("vault.example/items"))(same)
inside("signature", "a bag sealed by the log's key", signer=lambda world: world.log_key)(same)


@outside("signature", "a foreign key that takes the vault's key id")
def _stolen_key_id(world: World, files: Files) -> Files:
    forged = json.loads(
        sign_envelope(payload_of(files[SEAL]), json.loads(files[SEAL])["payloadType"], Signer.generate("x"))
    )
    forged["signatures"][0]["keyid"] = world.vault.verifier.key_id.hex()
    return files | {SEAL: canonical_json(forged)}


# Seal and export.
outside("seal", "no seal")(drop(SEAL))
outside("seal", "a seal that is not canonical")(edit_file(SEAL, lambda raw: raw + b"\n"))
outside("seal", "the seal of another list of files", lists=True)(edit_file("README.txt", lambda raw: raw + b"x"))
inside("seal", "a seal over another list of files", tagmanifest_sha256="0" * 64)(same)
inside("seal", "a seal of another version", v=2)(same)
inside("export", "an export of another item", item=OTHER_ITEM)(same)
inside("export", "an export of another agency", agency="agy_" + "b" * 26)(same)
inside("export", "an export of another manifest", manifest_sha256="0" * 64)(same)
inside("export", "an export before the item was closed", made_ms=lambda world: world.closed_ms - 1)(same)
inside("export", "a bag-info.txt of another item")(
    edit_file("bag-info.txt", lambda raw: raw.replace(b"External-Identifier: itm_a", b"External-Identifier: itm_b"))
)
inside("export", "a bag-info.txt of another export", export="exp_" + "b" * 26)(same)

# Custody.
outside("custody", "a byte of the events")(edit_file(EVENTS, lambda raw: flip(raw, 30)))
outside("custody", "a byte of the report")(edit_file("data/custody/report.html", lambda raw: flip(raw, 300)))
outside("custody", "the PDF report of another bag")(edit_file("data/custody/report.pdf", lambda raw: raw[:-1]))
outside("seal", "an event added, all lists made anew", lists=True)(
    edit_file(EVENTS, lambda raw: raw + raw.splitlines(True)[0])
)
inside("custody", "an event dropped from the chain")(
    edit_file(EVENTS, lambda raw: b"".join(raw.splitlines(True)[:2] + raw.splitlines(True)[3:]))
)
inside("custody", "two events swapped")(
    edit_file(EVENTS, lambda raw: b"".join(raw.splitlines(True)[number] for number in (1, 0, 2, 3)))
)
inside("custody", "an event's words changed")(edit_file(EVENTS, lambda raw: raw.replace(b"gateway 1", b"gateway 2")))
inside("custody", "the last event cut from what the seal says", custody_count=5)(same)
inside("custody", "another chain than the seal says", custody_head="0" * 64)(same)
inside("custody", "a back-dated event")(
    with_events(lambda events, world: events.append(CustodyEvent(world.closed_ms + 2_000, "item.view", "somebody")))
)
inside("custody", "an event before the item began")(
    with_events(lambda events, world: events.insert(0, CustodyEvent(world.closed_ms - 90_000, "item.view", "somebody")))
)
inside("custody", "an event after the export")(
    with_events(lambda events, world: events.append(CustodyEvent(world.now_ms, "item.view", "somebody")))
)
inside("custody", "sealed twice")(with_events(lambda events, _: events.insert(3, events[2])))
inside("custody", "never sealed")(with_events(lambda events, _: events.pop(2)))
inside("custody", "sealed by another entry of the log")(
    with_events(
        lambda events, world: events.__setitem__(2, CustodyEvent(events[2].t_ms, "item.seal", "vault", entry=3))
    )
)
inside("custody", "events of another item")(with_events(lambda events, _: None, item=OTHER_ITEM))

# Derivatives.
outside("derivative", "a byte of the player's copy")(edit_file(PLAYER, lambda raw: flip(raw, 5)))
outside("derivative", "a byte of its description")(edit_file(DERIVATION, lambda raw: flip(raw, 30)))
inside("derivative", "another film as the player's copy")(edit_file(PLAYER, lambda raw: b"another" * 300))
inside("derivative", "a player's copy without description")(drop(DERIVATION))
inside("derivative", "a description without a copy")(drop(PLAYER))
inside("derivative", "a second film beside the copy")(add("data/player/b.mp4"))


def _describe(**changed: Any) -> Edit:
    return edit_file(DERIVATION, lambda raw: canonical_json(json.loads(raw) | changed))


inside("derivative", "a copy that is said to come from other originals")(
    edit_file(DERIVATION, lambda raw: canonical_json(json.loads(raw) | {"made_from": json.loads(raw)["made_from"][:2]}))
)
inside("derivative", "a copy of another item")(_describe(item=OTHER_ITEM))
inside("derivative", "a copy that was coded anew")(_describe(operation="transcode"))
inside("derivative", "an original that says how it was made")(
    with_manifest(lambda said: said.update(derivation={"operation": "crop"}))
)
inside("derivative", "an original with an original")(
    with_manifest(lambda said: said.update(original=OTHER_ITEM, derivation={"a": 1}))
)
inside("derivative", "an original that is called a derivative", kind="derivative", original=OTHER_ITEM)(same)
inside("derivative", "an original that bag-info.txt calls a derivative")(
    edit_file("bag-info.txt", lambda raw: raw.replace(b"Kind: look", b"Kind: derivative"))
)


def _from_derivative(**sealed: Any) -> Callable[[World], bytes]:
    """A bag of a real derivative; `sealed`: what its seal says of it instead."""

    def make(world: World) -> bytes:
        return zip_of(world.reseal(world.derivative_files, **{"kind": "derivative", "original": OTHER_ITEM} | sealed))

    return make


CASES.append(Case("a derivative passed off as an original", "derivative", _from_derivative(kind="look", original="")))
CASES.append(
    Case(
        "a derivative of another original",
        "derivative",
        _from_derivative(original=id_of_bytes("item", bytes([9] * 16))),
    )
)


def _with_another_plan(world: World) -> bytes:
    """A redaction, by whoever holds the vault's key, that carries no plan, or another than it names."""
    payload = json.loads(payload_of(world.derivative_files[MANIFEST]))
    payload["derivation"] = {"kind": "redaction", "plan_sha256": "0" * 64, "plan_bytes": 9}
    files = world.derivative_files | {MANIFEST: resign(payload, world.vault)}
    return zip_of(world.reseal(files, kind="derivative", original=OTHER_ITEM))


CASES.append(Case("a redaction without the plan that it names", "derivative", _with_another_plan))

# Time-stamps.
outside("timestamp", "a byte of the item's time-stamp")(edit_file(STAMP, lambda raw: flip(raw, 90)))
outside("bag", "no item's time-stamp")(drop(STAMP))
outside("timestamp", "no time-stamp of the seal")(drop(SEAL_STAMP))
outside("timestamp", "a byte of the authority's signature")(edit_file(SEAL_STAMP, lambda raw: flip(raw, -3)))
outside("timestamp", "a byte of the time")(edit_file(SEAL_STAMP, lambda raw: flip(raw, raw.index(b"\x18\x0f20") + 8)))
outside("timestamp", "a time-stamp cut short")(edit_file(SEAL_STAMP, lambda raw: raw[:-1]))
outside("timestamp", "a time-stamp with something behind")(edit_file(SEAL_STAMP, lambda raw: raw + b"\0"))
outside("timestamp", "no time-stamp but noise")(edit_file(SEAL_STAMP, lambda raw: b"\x30\x84\xff\xff\xff\xff"))
outside("timestamp", "a refused time-stamp")(
    edit_file(SEAL_STAMP, lambda raw: raw.replace(b"\x30\x03\x02\x01\x00", b"\x30\x03\x02\x01\x02", 1))
)
outside("timestamp", "the item's time-stamp for the seal")(lambda _, files: files | {SEAL_STAMP: files[STAMP]})
outside("timestamp", "a time-stamp of another authority")(
    lambda world, files: files | {SEAL_STAMP: world.other_authority.stamp(files[SEAL])}
)
outside("timestamp", "a time-stamp by a certificate for something else")(
    lambda world, files: files | {SEAL_STAMP: world.wrong_purpose.stamp(files[SEAL])}
)
outside("timestamp", "a time-stamp without a certificate")(
    lambda world, files: files | {SEAL_STAMP: world.authority.stamp(files[SEAL], with_certificate=False)}
)
inside("timestamp", "stamped before it is said to have been made", made_ms=lambda world: world.now_ms + 3_600_000)(same)
CASES.append(Case("a seal that says it is not stamped, and is", "timestamp", lambda world: zip_of(
    (files := world.reseal(world.files, stamped=0)) | {SEAL_STAMP: world.authority.stamp(files[SEAL])})))  # fmt: skip


def _other_hash(raw: bytes) -> bytes:
    lines = raw.split(b"\n")
    lines[3] = lines[4] if lines[3] != lines[4] else b"A" * 43 + b"="
    return b"\n".join(lines)


# The log.
outside("log", "no proof of the item")(drop(ITEM_PROOF))
outside("log", "no proof of the export")(drop(SEAL_PROOF))
outside("log", "the proofs swapped")(swap(ITEM_PROOF, SEAL_PROOF))
outside("log", "a byte of a proof's hash")(edit_file(ITEM_PROOF, _other_hash))
outside("log", "another index")(edit_file(ITEM_PROOF, lambda raw: raw.replace(b"index 5", b"index 4")))
outside("log", "a root that nobody signed")(edit_file(ITEM_PROOF, lambda raw: raw.replace(b"\n8\n", b"\n9\n")))
inside("log", "the item logged by another agency", item_entry={"agency": "agy_" + "b" * 26})(same)
inside("log", "another item's entry", item_entry={"commit": "A" * 43})(same)
inside("log", "another export's entry", export_entry={"commit": "A" * 43})(same)
inside("log", "an entry of another kind", export_entry={"kind": "export.open"})(same)
inside("log", "the item's entry back-dated", item_entry=lambda world: {"t": world.closed_ms - 86_400_000})(same)
inside("log", "the export's entry back-dated", export_entry=lambda world: {"t": world.now_ms - 86_400_000})(same)
inside("log", "an entry dated after the witnesses saw it", export_entry=lambda world: {"t": world.now_ms + 86_400_000})(
    same
)


def logged(name: str) -> Callable[[Callable[[World, Any, int, int], tuple[str, str]]], object]:
    """A case of proofs from a log that someone with the log's key has forged; gets item's and export's index."""

    def add(prove: Callable[[World, Any, int, int], tuple[str, str]]) -> object:
        def make(world: World) -> bytes:
            log, item, export = world.full_log()
            item_proof, export_proof = prove(world, log, item, export)
            return zip_of(world.files | {ITEM_PROOF: item_proof.encode(), SEAL_PROOF: export_proof.encode()})

        CASES.append(Case(name, "log", make))
        return prove

    return add


@logged("too few witnesses")
def _few(world: World, log: Any, item: int, export: int) -> tuple[str, str]:
    head = log.head(cosigners=world.witnesses[:1])
    return log.prove(item, head), log.prove(export, head)


@logged("one witness twice")
def _twice(world: World, log: Any, item: int, export: int) -> tuple[str, str]:
    head = log.head(cosigners=(world.witnesses[0], world.witnesses[0]))
    return log.prove(item, head), log.prove(export, head)


@logged("witnesses that nobody knows")
def _strangers(world: World, log: Any, item: int, export: int) -> tuple[str, str]:
    head = log.head(cosigners=tuple(Signer.generate(f"w{n}.example", COSIGNATURE_V1) for n in range(3)))
    return log.prove(item, head), log.prove(export, head)


@logged("a split view: a tree of its own with the witnesses' lines of the public one")
def _split(world: World, log: Any, item: int, export: int) -> tuple[str, str]:
    public = log.head()
    log.entries[1] = log.entries[2]
    mine = log.head(cosigners=())
    head = mine + "".join(public.splitlines(keepends=True)[-3:])
    return log.prove(item, head), log.prove(export, head)


@logged("a split view: item and export under two heads")
def _two_heads(world: World, log: Any, item: int, export: int) -> tuple[str, str]:
    return log.prove(item, log.head(size=item + 1), size=item + 1), log.prove(export)


@logged("a log rolled back to before the export")
def _rolled_back(world: World, log: Any, item: int, export: int) -> tuple[str, str]:
    head = log.head(size=item + 1)
    return log.prove(item, head, size=item + 1), log.prove(export, head)


@logged("a log signed by another key")
def _other_key(world: World, log: Any, item: int, export: int) -> tuple[str, str]:
    log.signer = Signer.generate(world.log_key.name)
    head = log.head()
    return log.prove(item, head), log.prove(export, head)


@logged("another log")
def _other_log(world: World, log: Any, item: int, export: int) -> tuple[str, str]:
    log.signer = Signer.generate("other.example/ledger")
    head = log.head()
    return log.prove(item, head), log.prove(export, head)


@logged("the export logged before the item")
def _before(world: World, log: Any, item: int, export: int) -> tuple[str, str]:
    log.entries[item], log.entries[export] = log.entries[export], log.entries[item]
    head = log.head()
    return log.prove(export, head), log.prove(item, head)


# The bag.
outside("bag", "a foreign file")(add("data/foreign.txt"))
outside("bag", "a foreign tag file")(add("notes.txt"))
outside("bag", "no README")(drop("README.txt"))
outside("bag", "another verify.py")(edit_file("verify.py", lambda raw: raw + b"\n"))
outside("bag", "another version of BagIt")(edit_file("bagit.txt", lambda raw: raw.replace(b"1.0", b"0.97")))
outside("bag", "a path out of the bag in the list")(
    edit_file("manifest-sha256.txt", lambda raw: raw + b"0" * 64 + b"  data/../../x\n")
)
outside("bag", "a file listed twice")(edit_file("manifest-sha256.txt", lambda raw: raw + raw.splitlines(True)[0]))
outside("bag", "a list that is cut")(edit_file("manifest-sha256.txt", lambda raw: raw[:-1]))
outside("bag", "a list without the seal's files' names")(
    edit_file(TAG_LIST, lambda raw: raw.replace(b"verify.py", b"verify.sh"))
)
outside("bag", "a wrong count of bytes")(
    edit_file("bag-info.txt", lambda raw: raw.replace(b"Payload-Oxum: ", b"Payload-Oxum: 1"))
)
inside("bag", "a foreign file, sealed again")(add("data/foreign.txt"))
