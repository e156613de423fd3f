"""Real bags for the tests: items by the kernel's own records, a real tree with witnesses, stamps by `openssl ts`."""

import base64
import hashlib
import io
import json
import subprocess
import zipfile
import zlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from functools import cached_property
from pathlib import Path
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from consentry.evidence.bag.check.der import read_one
from consentry.evidence.bag.check.export_form import EXPORT_TYPE
from consentry.evidence.bag.check.tags import (
    ITEM_PROOF,
    PAYLOAD_LIST,
    SEAL,
    SEAL_PROOF,
    SEAL_STAMP,
    SELF_PROVEN,
    TAG_FILES,
    TAG_LIST,
)
from consentry.evidence.bag.check.verdict import MANIFEST
from consentry.evidence.bag.layout import Entry, ZipLayout
from consentry.evidence.bag.make import draft_bag, finish_bag, open_bag, player_path
from consentry.evidence.bag.seal import sign_envelope
from consentry.evidence.bag.shelf import Shelf
from consentry.evidence.bag.types import BagItem, CustodyEvent, ExportOrder, PlayerCopy
from consentry.kernel.canonical import canonical_json, from_b64, to_b64
from consentry.kernel.checkpoint import Checkpoint, sign_checkpoint
from consentry.kernel.ids import ExportId, ItemId, id_of_bytes
from consentry.kernel.item import About, make_manifest
from consentry.kernel.item_journal import ClosedLine, SegmentLine
from consentry.kernel.item_signed import PAYLOAD_TYPE, sign_manifest
from consentry.kernel.merkle import inclusion_ranges, leaf_hash, root_of
from consentry.kernel.note import COSIGNATURE_V1, Signer
from consentry.kernel.proof import Proof, dump_proof
from consentry.ledger.kinds import make_entry, schema_entry

AGENCY = "agy_" + "a" * 26
ITEM = ItemId(id_of_bytes("item", bytes(range(16))))
EXPORT = ExportId(id_of_bytes("export", bytes(range(16))))
Files = dict[str, bytes]


@dataclass
class Kept:
    """Segments in memory."""

    contents: list[bytes]

    def read(self, number: int, start: int = 0) -> Iterator[bytes]:
        content = self.contents[number][start:]
        for at in range(0, len(content), 700):
            yield content[at : at + 700]


class Authority:
    """A time-stamping authority: `openssl ts` under a root of its own, or `under` that of another.

    With `for_stamps` False its certificate is for something else; `openssl ts` refuses that, so `openssl cms` signs.
    """

    def __init__(self, folder: Path, *, for_stamps: bool = True, under: "Authority | None" = None) -> None:
        folder.mkdir()
        self.folder, self._under = folder, under
        name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, f"Root {(under or self).folder.name}")])
        self.root_key = under.root_key if under else ec.generate_private_key(ec.SECP256R1())
        key = ec.generate_private_key(ec.SECP256R1())
        root = _certificate(name, name, self.root_key.public_key())
        root = root.add_extension(x509.BasicConstraints(True, None), True)
        self.root = under.root if under else root.sign(self.root_key, hashes.SHA256())
        subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, f"Stamps {folder.name}")])
        usage = ExtendedKeyUsageOID.TIME_STAMPING if for_stamps else ExtendedKeyUsageOID.EMAIL_PROTECTION
        leaf = _certificate(subject, name, key.public_key()).add_extension(x509.ExtendedKeyUsage([usage]), True)
        leaf_pem = leaf.sign(self.root_key, hashes.SHA256()).public_bytes(serialization.Encoding.PEM)
        (folder / "root.pem").write_bytes(self.root.public_bytes(serialization.Encoding.PEM))
        (folder / "leaf.pem").write_bytes(leaf_pem)
        (folder / "key.pem").write_bytes(key.private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()))  # fmt: skip
        (folder / "ts.cnf").write_text(
            f"[tsa]\nserial={folder}/serial\nsigner_digest=sha256\ndefault_policy=1.2.3.4.1\ndigests=sha256\n"
            "ess_cert_id_alg=sha256\n"
        )
        (folder / "serial").write_text("01\n")

    def stamp(self, stamped: bytes, *, with_certificate: bool = True) -> bytes:
        """The reply over `stamped`."""
        if self._under is not None:
            return self._forge(self._under.stamp(stamped))
        self.folder.joinpath("data").write_bytes(stamped)
        self._openssl("ts", "-query", "-data", "data", "-sha256", "-no_nonce", "-out", "q",
                      *(["-cert"] if with_certificate else []))  # fmt: skip
        self._openssl("ts", "-reply", "-queryfile", "q", "-config", "ts.cnf", "-section", "tsa", "-signer", "leaf.pem",
                      "-inkey", "key.pem", "-out", "r")  # fmt: skip
        return self.folder.joinpath("r").read_bytes()

    def _forge(self, reply: bytes) -> bytes:
        """The time in `reply`, signed by our certificate."""
        token = read_one(reply).items()[1].items()[1]
        content = read_one(token.content).items()[2].items()[1]
        self.folder.joinpath("tst").write_bytes(read_one(content.content).content)
        self._openssl("cms", "-sign", "-binary", "-nodetach", "-cades", "-md", "sha256", "-outform", "DER",
                      "-in", "tst",
                      "-econtent_type", "1.2.840.113549.1.9.16.1.4", "-signer", "leaf.pem", "-inkey", "key.pem",
                      "-out", "cms")  # fmt: skip
        body = b"\x30\x03\x02\x01\x00" + self.folder.joinpath("cms").read_bytes()
        return b"\x30\x82" + len(body).to_bytes(2, "big") + body

    def _openssl(self, *words: str) -> None:
        subprocess.run(["openssl", *words], cwd=self.folder, check=True, capture_output=True)


def _certificate(subject: x509.Name, issuer: x509.Name, key: ec.EllipticCurvePublicKey) -> x509.CertificateBuilder:
    now = datetime.now(UTC)
    made = x509.CertificateBuilder().subject_name(subject).issuer_name(issuer).public_key(key)
    made = made.serial_number(x509.random_serial_number())
    return made.not_valid_before(now - timedelta(days=1)).not_valid_after(now + timedelta(days=1))


@dataclass
class Log:
    """A log in memory: its entries, its key and its witnesses."""

    signer: Signer
    witnesses: tuple[Signer, ...]
    entries: list[bytes]

    def append(self, entry: bytes) -> int:
        self.entries.append(entry)
        return len(self.entries) - 1

    def root(self, start: int, end: int) -> bytes:
        return root_of(leaf_hash(entry) for entry in self.entries[start:end])

    def head(self, *, size: int = 0, cosigners: tuple[Signer, ...] | None = None, time_s: int = 0) -> str:
        """A checkpoint, cosigned by all witnesses unless said otherwise."""
        size = size or len(self.entries)
        seen = self.witnesses if cosigners is None else cosigners
        head = Checkpoint(self.signer.verifier.name, size, self.root(0, size))
        return sign_checkpoint(head, self.signer, *seen, time_s=time_s or int(datetime.now(UTC).timestamp()))

    def prove(self, index: int, head: str = "", *, size: int = 0) -> str:
        size = size or len(self.entries)
        steps = tuple(self.root(*span) for span in inclusion_ranges(index, size))
        return dump_proof(Proof(index, steps, head or self.head(size=size)), extra=self.entries[index])


@dataclass(frozen=True)
class World:
    """Keys and clocks that one honest bag was made with; `files` is that bag, by name."""

    folder: Path
    now_ms: int = field(default_factory=lambda: int(datetime.now(UTC).timestamp() * 1_000))

    @cached_property
    def vault(self) -> Signer:
        return Signer.generate("vault.example/items")

    @cached_property
    def log_key(self) -> Signer:
        return Signer.generate("log.example/ledger")

    @cached_property
    def witnesses(self) -> tuple[Signer, ...]:
        return tuple(Signer.generate(f"w{number}.example", COSIGNATURE_V1) for number in range(3))

    @cached_property
    def authority(self) -> Authority:
        return Authority(self.folder / "tsa")

    @cached_property
    def trust(self) -> str:
        lines = [f"vault {self.vault.verifier.vkey}", f"log {self.log_key.verifier.vkey}"]
        lines += [f"witness w{n} {one.verifier.vkey} https://w{n}.example/" for n, one in enumerate(self.witnesses)]
        lines += ["group all 2 w0 w1 w2", "quorum all", (self.authority.folder / "root.pem").read_text()]
        return "\n".join(lines) + "\n"

    @property
    def closed_ms(self) -> int:
        return self.now_ms - 20_000

    @cached_property
    def contents(self) -> list[bytes]:
        return [hashlib.shake_128(bytes([number])).digest(2_000 + number) for number in range(3)]

    def item_files(self, item: ItemId = ITEM, kind: str = "look", original: str = "") -> tuple[bytes, bytes, bytes]:
        """`about`, `journal`, `manifest`."""
        derivation = {"operation": "redact", "regions": 2} if original else {}
        about = About(item=item, agency=AGENCY, kind=kind, source={"programme": "prg_x"}, salt=bytes(range(32)),
                      retention_class="look", began_ms=self.closed_ms - 30_000, original=original,
                      derivation=derivation)  # fmt: skip
        previous, lines = hashlib.sha256(about.to_bytes()).hexdigest(), []
        for number, content in enumerate(self.contents):
            start_us = 1_000 * about.began_ms + 10_000_000 * number
            line = SegmentLine(number, f"{number:032x}", start_us, start_us + 10_000_000, "video/mp4", len(content),
                               hashlib.sha256(content).hexdigest(), len(content) + 80, "0" * 64, {"run": "r"},
                               previous)  # fmt: skip
            lines.append(line)
            previous = hashlib.sha256(line.to_bytes()).hexdigest()
        journal = b"".join(line.to_bytes() for line in lines) + ClosedLine(self.closed_ms, previous).to_bytes()
        manifest = make_manifest(
            about, [line.span for line in lines], self.closed_ms, hashlib.sha256(journal).hexdigest()
        )
        return about.to_bytes(), journal, sign_manifest(manifest, self.vault)

    def log_with(self, manifest: bytes, **changed: Any) -> tuple[Log, int]:
        """A log that holds this manifest's `item.seal` among others, and its index."""
        payload = json.loads(payload_of(manifest))
        inner = b"\x04" + from_b64(payload["salt"]) + hashlib.sha256(payload_of(manifest)).digest()
        log = Log(self.log_key, self.witnesses, [schema_entry(t_ms=self.closed_ms - 90_000)])
        for number in range(4):
            log.append(noise(number, self.closed_ms))
        said = {"kind": "item.seal", "t": self.closed_ms + 1_000, "agency": AGENCY,
                "commit": to_b64(hashlib.sha256(inner).digest())} | changed  # fmt: skip
        return log, log.append(entry(said))

    def events(self, seal_index: int) -> tuple[CustodyEvent, ...]:
        at = self.closed_ms
        return (
            CustodyEvent(at - 30_000, "item.begin", "gateway 1", {"grant": "gra_x"}),
            CustodyEvent(at, "item.close", "vault"),
            CustodyEvent(at + 1_000, "item.seal", "vault", entry=seal_index),
            CustodyEvent(at + 5_000, "item.view", "Analyst Ñúñez-Lefèvre", {"reason": "review"}),
        )

    def order(self, **changed: Any) -> ExportOrder:
        said = ExportOrder(EXPORT, self.now_ms - 5_000, bytes(range(1, 33)), "Public defender", "Columbus Police")
        return replace(said, **changed)

    def make(self, name: str, *, kind: str = "look", original: str = "", item: ItemId = ITEM) -> Path:
        """A finished bag in a folder of its own, made by the product's own code."""
        folder = self.folder / name
        about, journal, manifest = self.item_files(item, kind, original)
        log, index = self.log_with(manifest)
        stamp = self.authority.stamp(manifest)
        bag_item = BagItem(about, journal, manifest, stamp, Kept(self.contents), self.events(index))
        Shelf(folder).reopen()
        player_path(folder).write_bytes(b"player" * 400)
        order = self.order()
        draft = draft_bag(folder, bag_item, order, self.vault, PlayerCopy("", {"av": "1"}))
        export = log.append(export_entry(draft.commit, order.made_ms))
        log.append(noise(9, self.now_ms))
        head = log.head()
        finish_bag(folder, log.prove(index, head), log.prove(export, head), self.authority.stamp(draft.seal))
        return folder

    @cached_property
    def folder_made(self) -> Path:
        return self.make("honest")

    @cached_property
    def zipped(self) -> bytes:
        return b"".join(open_bag(self.folder_made, Kept(self.contents)).pieces())

    @cached_property
    def files(self) -> Files:
        return unzip(self.zipped)

    @cached_property
    def derivative_files(self) -> Files:
        made = self.make("derivative", kind="derivative", original=id_of_bytes("item", bytes(16)))
        return unzip(b"".join(open_bag(made, Kept(self.contents)).pieces()))

    @cached_property
    def other_authority(self) -> Authority:
        return Authority(self.folder / "other-tsa")

    @cached_property
    def wrong_purpose(self) -> Authority:
        """Under the trusted root, but its certificate is for other things than time-stamps too."""
        return Authority(self.folder / "wrong-tsa", for_stamps=False, under=self.authority)

    def full_log(self) -> tuple[Log, int, int]:
        """The honest bag's log, its item's and its export's place in it."""
        log, item = self.log_with(self.files[MANIFEST])
        payload = payload_of(self.files[SEAL])
        inner = b"\x05" + from_b64(json.loads(payload)["salt"]) + hashlib.sha256(payload).digest()
        export = log.append(export_entry(to_b64(hashlib.sha256(inner).digest()), self.order().made_ms))
        log.append(noise(9, self.now_ms))
        return log, item, export

    def reseal(self, files: Files, **changed: Any) -> Files:
        """`files` as a dishonest holder of the vault's key would seal them: all lists, seal, log and stamps anew.

        `changed`: fields of the seal; `item_entry`, `export_entry`: fields of the log's entries; `signer`: of the seal.
        """
        item_changed, export_changed = changed.pop("item_entry", {}), changed.pop("export_entry", {})
        signer = changed.pop("signer", self.vault)
        files = relist({name: content for name, content in files.items() if name not in SELF_PROVEN})
        said = json.loads(payload_of(self.files[SEAL]))
        said["manifest_sha256"] = hashlib.sha256(files.get(MANIFEST, b"")).hexdigest()
        said["tagmanifest_sha256"] = hashlib.sha256(files[TAG_LIST]).hexdigest()
        events = files["data/custody/events.jsonl"]
        said["custody_count"], said["custody_head"] = events.count(b"\n"), last_line_digest(events)
        said |= changed
        payload = canonical_json(said)
        files[SEAL] = sign_envelope(payload, EXPORT_TYPE, signer)
        log, index = self.log_with(files.get(MANIFEST, self.files[MANIFEST]), **item_changed)
        commit = hashlib.sha256(b"\x05" + from_b64(said["salt"]) + hashlib.sha256(payload).digest()).digest()
        export = log.append(export_entry(to_b64(commit), said["made_ms"], **export_changed))
        head = log.head()
        files[ITEM_PROOF], files[SEAL_PROOF] = log.prove(index, head).encode(), log.prove(export, head).encode()
        if said["stamped"]:
            files[SEAL_STAMP] = self.authority.stamp(files[SEAL])
        return files


def entry(said: Mapping[str, Any]) -> bytes:
    fields = dict(said)
    return make_entry(fields.pop("kind"), {name: fields[name] for name in fields if name != "t"}, t_ms=fields["t"])


def export_entry(said_commit: str, made_ms: int, **changed: Any) -> bytes:
    return entry({"kind": "export.create", "t": made_ms + 500, "agency": AGENCY, "commit": said_commit} | changed)


def noise(number: int, t_ms: int) -> bytes:
    return make_entry("call.receive", {"commit": f"c{number}", "feed": "f"}, t_ms=t_ms)


def payload_of(envelope: bytes) -> bytes:

    return base64.b64decode(json.loads(envelope)["payload"])


def resign(payload: Mapping[str, Any], signer: Signer) -> bytes:
    """An item's manifest signed anew."""
    return sign_envelope(canonical_json(dict(payload)), PAYLOAD_TYPE, signer)


def last_line_digest(lines: bytes) -> str:
    return hashlib.sha256(lines.rstrip(b"\n").rpartition(b"\n")[2] + b"\n").hexdigest()


def relist(files: Files) -> Files:
    """`files` with both lists and the count of octets made anew, as anybody can."""
    made = {name: content for name, content in files.items() if name not in (PAYLOAD_LIST, TAG_LIST)}
    payload = {name: content for name, content in made.items() if name.startswith("data/")}
    made[PAYLOAD_LIST] = _list(payload)
    info = made["bag-info.txt"].decode().splitlines()
    oxum = f"Payload-Oxum: {sum(map(len, payload.values()))}.{len(payload)}"
    made["bag-info.txt"] = "".join(f"{oxum if one.startswith('Payload-Oxum') else one}\n" for one in info).encode()
    made[TAG_LIST] = _list({name: made[name] for name in TAG_FILES if name in made})
    return made


def _list(files: Files) -> bytes:
    return "".join(f"{hashlib.sha256(files[name]).hexdigest()}  {name}\n" for name in sorted(files)).encode()


def unzip(zipped: bytes) -> Files:
    """The files of a bag by their names inside it, in the zip's order; read by Python's own zipfile."""

    with zipfile.ZipFile(io.BytesIO(zipped)) as opened:
        return {name.partition("/")[2]: opened.read(name) for name in opened.namelist()}


def zip_of(files: Files, top: str = "consentry-bag") -> bytes:
    """A zip in the form of a bag's, whatever the files are."""

    entries = tuple(Entry(f"{top}/{name}", len(content), zlib.crc32(content)) for name, content in files.items())
    layout = ZipLayout(entries, lambda name, start: iter([files[name.removeprefix(f"{top}/")][start:]]))
    return b"".join(layout.pieces())
