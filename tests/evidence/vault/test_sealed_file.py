"""The form of a sealed segment: any change anywhere is refused, and nothing that was not checked is handed out."""

import io
import json
import os
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.architecture.source import ROOT

from consentry.evidence.vault import disk, sealed_file
from consentry.evidence.vault.sealed_file import HEADER_BYTES, TAG_BYTES, make_header, seal, unseal
from consentry.kernel.canonical import from_b64
from consentry.kernel.errors import LimitReached, Untrusted
from consentry.kernel.ids import ItemId, id_of_bytes
from consentry.kernel.limits import VAULT_FRAME_BYTES

ITEM, OTHER = (ItemId(id_of_bytes("item", bytes([n] * 16))) for n in (1, 2))
KEY = bytes(range(32))
HEADER = make_header(ITEM, bytes(16))
SMALL = 64


def sealed(plain: bytes, *pieces: bytes, header: bytes = HEADER) -> bytes:
    """The file of `plain` (or of `pieces`)."""
    fd = os.memfd_create("segment")
    try:
        parts = pieces or (plain,)
        written = seal(fd, header, KEY, parts, sum(map(len, parts)))
        data = os.pread(fd, written.sealed_bytes + 1, 0)
        assert len(data) == written.sealed_bytes
        return data
    finally:
        os.close(fd)


def opened(data: bytes, item: ItemId = ITEM, key: bytes = KEY) -> bytes:
    return b"".join(unseal(io.BytesIO(data), len(data), item, key))


@pytest.fixture
def small_frames(monkeypatch: pytest.MonkeyPatch) -> None:
    """Frames of 64 bytes, so that a few hundred bytes are many; the header says so too."""
    for name, value in (("VAULT_FRAME_BYTES", SMALL), ("_SEALED_FRAME_BYTES", SMALL + TAG_BYTES)):
        monkeypatch.setattr(sealed_file, name, value)


@pytest.mark.parametrize("size", [0, 1, *(VAULT_FRAME_BYTES + more for more in (-1, 0, 1)), 3 * VAULT_FRAME_BYTES])
def test_every_length_comes_back_however_it_was_cut(size: int) -> None:
    plain = os.urandom(size)
    whole = sealed(plain)
    frames = max(1, -(-size // VAULT_FRAME_BYTES))
    assert len(whole) == HEADER_BYTES + size + frames * TAG_BYTES
    assert opened(whole) == plain
    for step in (1_000_003, VAULT_FRAME_BYTES, 333_333):
        pieces = [bytearray(plain[at : at + step]) for at in range(0, size, step)]
        assert sealed(b"", *pieces, b"") == whole


def test_a_sender_may_use_one_buffer_again_and_again() -> None:
    room, plain = bytearray(VAULT_FRAME_BYTES), os.urandom(2 * VAULT_FRAME_BYTES + 5)

    def pieces() -> Iterator[memoryview]:
        for at in range(0, len(plain), VAULT_FRAME_BYTES):
            part = plain[at : at + VAULT_FRAME_BYTES]
            room[: len(part)] = part
            yield memoryview(room)[: len(part)]

    fd = os.memfd_create("segment")
    written = seal(fd, HEADER, KEY, pieces(), len(plain))
    assert opened(os.pread(fd, written.sealed_bytes, 0)) == plain
    os.close(fd)


@pytest.mark.usefixtures("small_frames")
def test_small_frames_come_back() -> None:
    header = make_header(ITEM, bytes(16))
    for size in (*range(5), *range(62, 67), *range(126, 131), 1_000):
        plain = os.urandom(size)
        for step in (1, 63, 64, 65, 200, 2_000):
            pieces = [plain[at : at + step] for at in range(0, size, step)] or [b""]
            assert opened(sealed(b"", *pieces, header=header)) == plain


def flip(data: bytes, at: int) -> bytes:
    at %= len(data) * 8
    return data[: at // 8] + bytes([data[at // 8] ^ 1 << at % 8]) + data[at // 8 + 1 :]


def frames_of(data: bytes) -> list[bytes]:
    step = SMALL + TAG_BYTES
    return [data[at : at + step] for at in range(HEADER_BYTES, len(data), step)]


def swap(data: bytes, at: int) -> bytes:
    frames = frames_of(data)
    one, two = at % len(frames), (at // 7 + 1) % len(frames)
    frames[one], frames[two] = frames[two], frames[one]
    return data[:HEADER_BYTES] + b"".join(frames)


def drop(data: bytes, at: int) -> bytes:
    frames = frames_of(data)
    del frames[at % len(frames)]
    return data[:HEADER_BYTES] + b"".join(frames)


def twice(data: bytes, at: int) -> bytes:
    frames = frames_of(data)
    frames.insert(at % len(frames), frames[at % len(frames)])
    return data[:HEADER_BYTES] + b"".join(frames)


def truncate(data: bytes, at: int) -> bytes:
    return data[: at % len(data)]


def append(data: bytes, at: int) -> bytes:
    return data + bytes(at % 300 + 1)


@pytest.mark.usefixtures("small_frames")
@settings(max_examples=400, deadline=None)
@given(st.sampled_from([flip, swap, drop, twice, truncate, append]), st.integers(0, 1 << 30), st.integers(0, 5 * SMALL))
def test_no_change_anywhere_is_taken(change: Callable[[bytes, int], bytes], at: int, size: int) -> None:
    plain = bytes(n % 251 for n in range(size))
    data = sealed(plain, header=make_header(ITEM, bytes(16)))
    changed = change(data, at)
    got = []
    if changed == data:
        return
    with pytest.raises(Untrusted) as caught:
        got.extend(unseal(io.BytesIO(changed), len(changed), ITEM, KEY))
    assert caught.value.kind == "segment"
    assert plain.startswith(b"".join(got))  # what was handed out before is true


def test_the_vector_is_a_sealed_segment() -> None:
    said = json.loads((ROOT / "docs/spec/vectors/item.json").read_text())["segment"]
    plain, file, key = (from_b64(said[name]) for name in ("plain", "sealed", "item_key"))
    assert opened(file, said["item"], key) == plain
    fd = os.memfd_create("segment")
    written = seal(fd, make_header(said["item"], from_b64(said["segment"])), key, [plain], len(plain))
    assert os.pread(fd, written.sealed_bytes, 0) == file
    os.close(fd)


def test_another_item_key_or_segment_is_refused() -> None:
    data = sealed(b"plain")
    for item, key in ((OTHER, KEY), (ITEM, bytes(32))):
        with pytest.raises(Untrusted):
            opened(data, item, key)
    for header in (make_header(OTHER, bytes(16)), make_header(ITEM, b"\1" * 16)):
        moved = header + data[HEADER_BYTES:]
        with pytest.raises(Untrusted):
            opened(moved, OTHER if header[8:24] != data[8:24] else ITEM)


def test_a_file_that_grew_or_shrank_while_it_is_read_is_refused() -> None:
    data = sealed(b"plain")
    for said in (len(data) - 1, len(data) + 1):
        with pytest.raises(Untrusted):
            list(unseal(io.BytesIO(data), said, ITEM, KEY))
    with pytest.raises(Untrusted, match="behind"):
        list(unseal(io.BytesIO(data + b"x"), len(data), ITEM, KEY))


def test_more_than_was_said_is_not_written_on(tmp_path: Path) -> None:
    fd = disk.create(tmp_path / "segment")

    def endless() -> Iterator[bytes]:
        while True:
            yield bytes(VAULT_FRAME_BYTES)

    with pytest.raises(LimitReached):
        seal(fd, HEADER, KEY, endless(), 3 * VAULT_FRAME_BYTES)
    os.close(fd)
    assert (tmp_path / "segment").stat().st_size < 4 * VAULT_FRAME_BYTES + 1_000
