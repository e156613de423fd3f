"""Items from their beginning to their end: taken once, closed once, readable until shredded."""

import hashlib
import os
import tracemalloc
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

import pytest
from tests.evidence.vault.rig import BEGAN_MS, DAY_MS, SIGNER, begun, new_about, open_vault, read, said_of, tell

from consentry.evidence.vault.keys import hold_kek, month_kek
from consentry.evidence.vault.recovery import recover
from consentry.kernel.errors import Conflict, LimitReached, Malformed, NotFound, Unavailable, Untrusted
from consentry.kernel.ids import HoldId, ItemId, new_id
from consentry.kernel.item import commit_of
from consentry.kernel.item_signed import open_acknowledgement, open_manifest
from consentry.kernel.merkle import EMPTY_ROOT, leaf_hash
from consentry.kernel.note import Signer

PLAIN = os.urandom(2_500_000)


def test_what_was_told_comes_back_and_its_manifest_says_so(tmp_path: Path) -> None:
    vault = open_vault(tmp_path)
    about = begun(vault, PLAIN, b"", b"short")
    sealed = vault.close(about.item, now_ms=BEGAN_MS + 60_000)
    assert [read(vault, about.item, number) for number in range(3)] == [PLAIN, b"", b"short"]
    opened = open_manifest(sealed.envelope, [SIGNER.verifier])
    assert [span.sha256 for span in opened.manifest.segments] == [
        hashlib.sha256(plain).hexdigest() for plain in (PLAIN, b"", b"short")
    ]
    assert opened.manifest.closed_ms == sealed.closed_ms == BEGAN_MS + 60_000
    assert sealed.commit == commit_of(about.salt, hashlib.sha256(opened.payload).digest())
    assert opened.manifest.segments_root not in (EMPTY_ROOT.hex(), leaf_hash(b"").hex())
    assert vault.check(about.item) == opened
    assert PLAIN[:64] not in b"".join(path.read_bytes() for path in tmp_path.rglob("*") if path.is_file())


def test_a_segment_told_twice_gets_the_same_answer_unread(tmp_path: Path) -> None:
    vault = open_vault(tmp_path)
    about = begun(vault, b"zero")
    first = tell(vault, about.item, 1, b"one")
    said = open_acknowledgement(first, [SIGNER.verifier])
    assert (said.item, said.number, said.sha256) == (about.item, 1, hashlib.sha256(b"one").hexdigest())

    def unread() -> Iterator[bytes]:
        raise AssertionError("read again")
        yield b""

    for again in (vault, open_vault(tmp_path)):
        assert again.take_segment(about.item, said_of(1, b"one"), unread()) == first
    vault.close(about.item, now_ms=BEGAN_MS)
    assert vault.take_segment(about.item, said_of(1, b"one"), unread()) == first
    assert len(vault.lines_of(about.item)) == 2


def test_what_does_not_fit_is_refused_and_leaves_nothing(tmp_path: Path) -> None:
    vault = open_vault(tmp_path)
    item = begun(vault, b"zero").item
    cases = [
        (said_of(0, b"other"), b"other", Conflict, "segment-taken"),
        (said_of(2, b"two"), b"two", Conflict, "segment-order"),
        (said_of(1, b"one"), b"oNe", Untrusted, "segment-digest"),
        (said_of(1, b"one"), b"on", Untrusted, "segment-digest"),
        (said_of(1, b"one"), b"one more", LimitReached, "segment-too-long"),
        (said_of(1, b"one")._replace(sha256="x"), b"one", Malformed, "malformed"),
        (said_of(1, b"one")._replace(size_bytes=1 << 50), b"one", LimitReached, "segment-too-long"),
    ]
    for said, plain, error, kind in cases:
        with pytest.raises(error) as caught:
            vault.take_segment(item, said, [plain])
        assert getattr(caught.value, "kind", "") == kind
    assert sorted(path.name for path in (tmp_path / "vault" / item).iterdir()) == ["000000.seg", "about", "journal"]
    assert tell(vault, item, 1, b"one")


def test_a_sender_that_breaks_off_leaves_nothing_and_may_come_again(tmp_path: Path) -> None:
    vault = open_vault(tmp_path)
    item = begun(vault).item

    def broken() -> Iterator[bytes]:
        yield PLAIN[:100_000]
        raise ConnectionResetError

    with pytest.raises(Unavailable) as caught:
        vault.take_segment(item, said_of(0, PLAIN), broken())
    assert caught.value.kind == "sender-gone"
    assert not list((tmp_path / "vault" / item).glob("*.part"))
    assert tell(vault, item, 0, PLAIN)


def test_beginning_twice_is_once_and_otherwise_is_a_conflict(tmp_path: Path) -> None:
    vault = open_vault(tmp_path)
    about = begun(vault, b"zero")
    vault.begin(about)
    with pytest.raises(Conflict):
        vault.begin(replace(about, began_ms=about.began_ms + 1))
    with pytest.raises(Malformed):
        vault.begin(replace(about, item=ItemId("../../tmp/itm_aaaaaaaaaaaaaaaaaaaaaaaaa")))
    for unknown in (new_id("item"), "../vault-keys", new_id("camera")):
        with pytest.raises((NotFound, Malformed)):
            vault.lines_of(ItemId(unknown))


def test_sealing_again_gives_the_same_bytes_also_under_a_new_signing_key(tmp_path: Path) -> None:
    vault = open_vault(tmp_path)
    about = begun(vault, b"zero", b"one")
    sealed = vault.close(about.item, now_ms=BEGAN_MS + 5)
    assert vault.close(about.item, now_ms=BEGAN_MS + 99_999) == sealed
    assert open_vault(tmp_path).close(about.item, now_ms=0) == sealed
    path = tmp_path / "vault" / about.item / "manifest"
    path.unlink()
    assert open_vault(tmp_path).close(about.item, now_ms=0) == sealed
    assert path.read_bytes() == sealed.envelope
    renewed = open_vault(tmp_path, signer=Signer.generate("vault.example/vault"))
    assert renewed.close(about.item, now_ms=0) == sealed
    second = begun(renewed, b"zero")
    assert renewed.close(second.item, now_ms=BEGAN_MS).envelope
    with pytest.raises(Untrusted):
        open_vault(tmp_path).close(second.item, now_ms=0)  # one that does not know the new key


def test_signing_key_rotated_mid_item_signs_acknowledgements_and_manifest_from_then_on(tmp_path: Path) -> None:
    about = begun(open_vault(tmp_path), b"zero")
    new = Signer.generate("vault.example/vault")
    vault = open_vault(tmp_path, signer=new)
    assert open_acknowledgement(tell(vault, about.item, 1, b"one"), [new.verifier]).number == 1
    assert open_manifest(vault.close(about.item, now_ms=BEGAN_MS).envelope, vault.verifiers).signed_by == new.verifier


def test_an_empty_or_a_closed_item_takes_no_end_and_no_segment(tmp_path: Path) -> None:
    vault = open_vault(tmp_path)
    item = begun(vault).item
    with pytest.raises(Conflict, match="no segment"):
        vault.close(item, now_ms=BEGAN_MS)
    tell(vault, item, 0, b"zero")
    vault.close(item, now_ms=BEGAN_MS)
    with pytest.raises(Conflict, match="closed"):
        tell(vault, item, 1, b"one")


def test_a_clock_that_was_set_back_ends_no_item_before_it_began(tmp_path: Path) -> None:
    vault = open_vault(tmp_path)
    item = begun(vault, b"zero").item
    assert vault.close(item, now_ms=BEGAN_MS - 400 * DAY_MS).closed_ms == BEGAN_MS
    assert vault.keys.kek_of(item) == month_kek("90d", BEGAN_MS)


def test_the_key_moves_to_the_month_of_closing_and_a_hold_keeps_it(tmp_path: Path) -> None:
    vault = open_vault(tmp_path)
    first, held, other = (begun(vault, b"zero").item for _ in range(3))
    hold = hold_kek(HoldId(new_id("hold")))
    vault.keys.rewrap(held, hold)
    vault.keys.rewrap(other, month_kek("7y", BEGAN_MS))
    later_ms = BEGAN_MS + 40 * DAY_MS
    for item in (first, held, other):
        vault.close(item, now_ms=later_ms)
    expected = [month_kek("90d", later_ms), hold, month_kek("7y", later_ms)]
    assert [vault.keys.kek_of(item) for item in (first, held, other)] == expected
    vault.keys.rewrap(first, month_kek("7y", later_ms))
    vault.close(first, now_ms=later_ms)  # again: where the key was put since counts
    assert vault.keys.kek_of(first) == month_kek("7y", later_ms)
    assert read(vault, held, 0) == b"zero"


def test_a_shredded_item_is_read_by_nobody_and_still_verifies(tmp_path: Path) -> None:
    vault = open_vault(tmp_path)
    about = begun(vault, PLAIN, b"one")
    sealed = vault.close(about.item, now_ms=BEGAN_MS)
    reading = vault.open_segment(about.item, 1)
    for _ in range(2):
        vault.shred(about.item)
    assert sorted(path.name for path in (tmp_path / "vault" / about.item).iterdir()) == ["about", "journal", "manifest"]
    with pytest.raises(Untrusted):
        next(reading)
    with pytest.raises(Conflict, match="shredded"):
        vault.open_segment(about.item, 0)
    signed = vault.check(about.item)
    assert signed is not None
    assert signed.payload_sha256 == sealed.payload_sha256
    assert vault.close(about.item, now_ms=0) == sealed
    with pytest.raises(Conflict):
        vault.begin(about)


def test_a_segment_on_its_way_while_its_item_ends_is_refused_whole(tmp_path: Path) -> None:
    vault = open_vault(tmp_path)
    for end in ("close", "shred"):
        item = begun(vault, b"zero").item

        def ending(item: ItemId = item, end: str = end) -> Iterator[bytes]:
            yield b"o"
            if end == "close":
                open_vault(tmp_path).close(item, now_ms=BEGAN_MS)
            else:
                open_vault(tmp_path).shred(item)
            yield b"ne"

        with pytest.raises(Conflict):
            vault.take_segment(item, said_of(1, b"one"), ending())
        assert not list((tmp_path / "vault" / item).glob("*.part"))
        assert len(vault.lines_of(item)) == 1


def test_two_sealers_at_once_make_one_item(tmp_path: Path) -> None:
    vaults = [open_vault(tmp_path) for _ in range(4)]
    about = begun(vaults[0])
    answers: list[set[bytes]] = [set() for _ in range(6)]

    def send(vault_at: int) -> bytes:
        for number in range(6):
            answers[number].add(tell(vaults[vault_at], about.item, number, b"%d" % number * 1_000))
        return vaults[vault_at].close(about.item, now_ms=BEGAN_MS + vault_at).envelope

    with ThreadPoolExecutor(len(vaults)) as threads:
        ends = set(threads.map(send, range(len(vaults))))
    assert [len(found) for found in answers] == [1] * 6
    assert len(ends) == 1
    assert vaults[0].check(about.item) is not None
    assert not list((tmp_path / "vault" / about.item).glob("*.part"))


def test_a_large_segment_needs_little_memory(tmp_path: Path) -> None:
    vault, piece, count = open_vault(tmp_path), os.urandom(1_000_003), 60
    item = begun(vault).item
    digest = hashlib.sha256()
    for _ in range(count):
        digest.update(piece)
    said = said_of(0, b"")._replace(size_bytes=len(piece) * count, sha256=digest.hexdigest())
    tracemalloc.start()
    try:
        vault.take_segment(item, said, (piece for _ in range(count)))
        sealing_bytes = tracemalloc.get_traced_memory()[1]
        vault.close(item, now_ms=BEGAN_MS)
        vault.check(item)
        assert sum(map(len, vault.open_segment(item, 0))) == said.size_bytes
        reading_bytes = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert sealing_bytes < 1_000_000  # besides the sender's piece
    assert reading_bytes < 8_000_000


def test_a_timestamp_is_kept_once_and_only_of_what_is_sealed(tmp_path: Path) -> None:
    vault = open_vault(tmp_path)
    item = begun(vault, b"zero").item
    with pytest.raises(Conflict, match="not sealed"):
        vault.put_timestamp(item, b"reply")
    vault.close(item, now_ms=BEGAN_MS)
    for _ in range(2):
        vault.put_timestamp(item, b"reply")
    with pytest.raises(Conflict, match="another"):
        vault.put_timestamp(item, b"other")
    with pytest.raises(LimitReached):
        vault.put_timestamp(item, b"")


def test_recovering_what_is_in_order_changes_nothing(tmp_path: Path) -> None:
    vault = open_vault(tmp_path)
    sealed, gone = begun(vault, b"zero").item, begun(vault, b"one").item
    begun(vault, b"still open")
    vault.begin(new_about())
    for item in (sealed, gone):
        vault.close(item, now_ms=BEGAN_MS)
    vault.shred(gone)
    before = {path: path.read_bytes() for path in tmp_path.rglob("*") if path.is_file()}
    report = recover(open_vault(tmp_path))
    assert (report.sealed, report.shredded, report.quarantined, report.damaged, report.busy) == ([], [], [], {}, [])
    assert {path: path.read_bytes() for path in tmp_path.rglob("*") if path.is_file()} == before
