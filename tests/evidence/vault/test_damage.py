"""What a crash leaves is put in order; what a crash cannot leave is damage: refused, named, and not touched."""

import hashlib
import json
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from tests.evidence.vault.rig import BEGAN_MS, SIGNER, begun, open_vault, read, said_of, tell

from consentry.evidence.vault.recovery import recover
from consentry.evidence.vault.vault import Vault
from consentry.kernel.errors import ConsentryError, Untrusted
from consentry.kernel.ids import ItemId
from consentry.kernel.item import parse_about
from consentry.kernel.item_journal import parse_line
from consentry.kernel.item_signed import open_manifest, sign_payload
from consentry.kernel.note import Signer

SEGMENTS = (b"zero" * 50, b"one" * 60, b"two" * 70)


def item_in(tmp_path: Path, *, is_sealed: bool) -> tuple[Vault, Path]:
    vault = open_vault(tmp_path)
    item = begun(vault, *SEGMENTS).item
    if is_sealed:
        vault.close(item, now_ms=BEGAN_MS)
    return open_vault(tmp_path), vault.folder_of(item)


def snapshot(folder: Path) -> dict[str, bytes]:
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def edit(name: str, change: Callable[[bytes], bytes]) -> Callable[[Path], None]:
    return lambda folder: (folder / name).write_bytes(change((folder / name).read_bytes())) and None


def flip(at: int) -> Callable[[bytes], bytes]:
    return lambda data: data[:at] + bytes([data[at] ^ 1]) + data[at + 1 :] if at >= 0 else flip(len(data) + at)(data)


def without_line(number: int) -> Callable[[bytes], bytes]:
    def change(data: bytes) -> bytes:
        lines = data.splitlines(keepends=True)
        return b"".join(lines[:number] + lines[number + 1 :])

    return change


def remade(folder: Path) -> None:
    """A whole new chain over other bytes, as somebody with the disk but without our key can make it."""
    link, lines = parse_line((folder / "journal").read_bytes().splitlines(keepends=True)[0]).previous, []
    for raw in (folder / "journal").read_bytes().splitlines(keepends=True):
        said = {**json.loads(raw), "previous": link}
        if said.get("number") == 1:
            said["start_us"] = said["start_us"] - 1
        line = json.dumps(said, sort_keys=True, separators=(",", ":")).encode() + b"\n"
        link = hashlib.sha256(line).hexdigest()
        lines.append(line)
    (folder / "journal").write_bytes(b"".join(lines))


def signed_by_another(folder: Path) -> None:
    payload = open_manifest((folder / "manifest").read_bytes(), [SIGNER.verifier]).payload
    (folder / "manifest").write_bytes(sign_payload(payload, Signer.generate(SIGNER.name)))


def swap_segments(folder: Path) -> None:
    zero, one = folder / "000000.seg", folder / "000001.seg"
    data = zero.read_bytes(), one.read_bytes()
    zero.write_bytes(data[1])
    one.write_bytes(data[0])


def _other_signature(data: bytes) -> bytes:
    said = json.loads(data)
    text = said["signatures"][0]["sig"]
    said["signatures"][0]["sig"] = ("A" if text[0] != "A" else "B") + text[1:]
    return json.dumps(said, sort_keys=True, separators=(",", ":")).encode()


DAMAGE: list[tuple[str, str, Callable[[Path], None]]] = [
    ("a byte of a segment", "segment", edit("000001.seg", flip(100))),
    ("a byte of a segment's header", "segment", edit("000001.seg", flip(30))),
    ("a segment's tag", "segment", edit("000002.seg", flip(-1))),
    ("a segment cut off", "segment", edit("000001.seg", lambda data: data[:-20])),
    ("a segment with more behind it", "segment", edit("000001.seg", lambda data: data + b"x")),
    ("a segment that is empty", "segment", edit("000001.seg", lambda _: b"")),
    ("a segment gone", "segment", lambda folder: (folder / "000001.seg").unlink()),
    ("two segments swapped", "segment", swap_segments),
    ("a segment that nobody told of", "journal", lambda folder: (folder / "000003.seg").write_bytes(b"x") and None),
    ("a segment far behind", "journal", lambda folder: (folder / "000007.seg").write_bytes(b"x") and None),
    ("a segment of a strange name", "journal", lambda folder: (folder / "extra.seg").write_bytes(b"x") and None),
    ("a byte of the first line", "journal", edit("journal", flip(20))),
    ("a byte of the last line", "journal", edit("journal", flip(-20))),
    ("a newline less in between", "journal", edit("journal", lambda data: data.replace(b"\n", b"", 1))),
    ("a line gone", "journal", edit("journal", without_line(1))),
    ("the first line gone", "journal", edit("journal", without_line(0))),
    ("the last line gone", "journal", edit("journal", without_line(3))),
    ("a line twice", "journal", edit("journal", lambda data: data + data.splitlines(keepends=True)[-1])),
    ("half a line more", "journal", edit("journal", lambda data: data + b'{"half')),
    ("a journal cut in a line", "journal", edit("journal", lambda data: data[:-30])),
    ("a journal made anew", "manifest", remade),
    ("the journal gone", "journal", lambda folder: (folder / "journal").unlink()),
    ("a byte of the beginning", "journal", edit("about", lambda data: data.replace(b'"90d"', b'"91d"'))),
    ("a beginning that is none", "malformed", edit("about", lambda data: data[:-1])),
    ("a byte of the payload", "malformed", edit("manifest", flip(60))),
    ("a byte of the signature", "item-signature", edit("manifest", _other_signature)),
    ("a manifest cut off", "malformed", edit("manifest", lambda data: data[:-3])),
    ("another key's signature", "item-signature", signed_by_another),
    ("a manifest gone", "manifest", lambda folder: (folder / "manifest").unlink()),
]


@pytest.mark.parametrize(("what", "layer", "damage"), DAMAGE, ids=[what for what, _, _ in DAMAGE])
def test_damage_to_a_sealed_item_is_refused_with_its_layer(
    tmp_path: Path, what: str, layer: str, damage: Callable[[Path], None]
) -> None:
    vault, folder = item_in(tmp_path, is_sealed=True)
    damage(folder)
    before = snapshot(folder)
    with pytest.raises(ConsentryError) as caught:
        vault.check(parse_item(folder))
    assert caught.value.kind in (layer, "item-signature" if layer == "malformed" else layer)
    assert snapshot(folder) == before


def parse_item(folder: Path) -> ItemId:
    return ItemId(folder.name)


# Of an open item a crash may leave a last line that is torn, and one segment without a line.
CRASH = (
    "the last line gone",
    "a byte of the last line",
    "half a line more",
    "a journal cut in a line",
    "a segment that nobody told of",
)
OPEN_DAMAGE = [case for case in DAMAGE if case[1] == "journal" and case[0] not in CRASH]


@pytest.mark.parametrize(("what", "layer", "damage"), OPEN_DAMAGE, ids=[what for what, _, _ in OPEN_DAMAGE])
def test_damage_to_an_open_item_takes_no_segment_and_no_end(
    tmp_path: Path, what: str, layer: str, damage: Callable[[Path], None]
) -> None:
    vault, folder = item_in(tmp_path, is_sealed=False)
    damage(folder)
    before = snapshot(folder)
    assert list(recover(vault).damaged) == [folder.name]
    with pytest.raises(Untrusted):
        vault.close(parse_item(folder), now_ms=BEGAN_MS)
    assert snapshot(folder) == before


def test_a_torn_line_is_cut_and_its_segment_set_aside(tmp_path: Path) -> None:
    vault, folder = item_in(tmp_path, is_sealed=False)
    journal = folder / "journal"
    whole = journal.read_bytes()
    third = len(whole.splitlines(keepends=True)[2])
    for left in range(1, third):  # the third line, cut after each of its bytes
        if left % 40 and left != third - 1:
            continue
        journal.write_bytes(whole[: len(whole) - left])
        report = recover(open_vault(tmp_path))
        assert (report.damaged, len(report.quarantined)) == ({}, 1)
        assert journal.read_bytes() == b"".join(whole.splitlines(keepends=True)[:2])
        vault = open_vault(tmp_path)
        tell(vault, parse_item(folder), 2, SEGMENTS[2])
        assert read(vault, parse_item(folder), 2) == SEGMENTS[2]
        whole = journal.read_bytes()
    assert len(list((folder / "quarantine").iterdir())) >= 10  # nothing was deleted


def test_what_was_being_written_is_set_aside_when_its_writer_is_dead(tmp_path: Path) -> None:
    vault, folder = item_in(tmp_path, is_sealed=True)
    (folder / ("ab" * 16 + ".part")).write_bytes(b"half")
    (folder / "manifest.new").write_bytes(b"half")
    report = recover(vault)
    assert (len(report.quarantined), report.damaged) == (1, {})
    assert vault.check(parse_item(folder)) is not None
    assert not (folder / "manifest.new").exists()


def test_what_is_being_written_now_is_left_to_its_writer(tmp_path: Path) -> None:
    vault, folder = item_in(tmp_path, is_sealed=False)

    def pieces() -> Iterator[bytes]:
        yield b"thr"
        report = recover(open_vault(tmp_path))
        assert (report.quarantined, report.damaged) == ([], {})
        yield b"ee"

    assert vault.take_segment(parse_item(folder), said_of(3, b"three"), pieces())


def test_a_begin_that_died_is_finished_and_a_lost_key_is_damage(tmp_path: Path) -> None:
    vault = open_vault(tmp_path)
    about, lost = begun(vault), begun(vault, b"zero")
    for item in (about.item, lost.item):
        (tmp_path / "vault-keys" / "items" / item).unlink()
    vault = open_vault(tmp_path)
    assert list(recover(vault).damaged) == [lost.item]
    assert tell(vault, about.item, 0, b"zero")
    vault.begin(lost)
    with pytest.raises(ConsentryError, match="no key"):
        tell(vault, lost.item, 1, b"one")


def test_a_closed_item_without_manifest_gets_it_and_a_half_shredded_one_is_finished(tmp_path: Path) -> None:
    vault, folder = item_in(tmp_path, is_sealed=True)
    sealed = vault.close(parse_item(folder), now_ms=0)
    (folder / "manifest").unlink()
    assert recover(open_vault(tmp_path)).sealed == [sealed]
    vault.keys.destroy(parse_item(folder))  # and died before it removed the segments
    report = recover(open_vault(tmp_path))
    assert (report.shredded, report.damaged) == ([folder.name], {})
    assert not list(folder.glob("*.seg"))
    assert parse_about((folder / "about").read_bytes()).item == folder.name
