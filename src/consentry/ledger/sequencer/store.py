"""The log as static files, appended durably: a checkpoint never names a tile that is not on disk.

Order of one append: entry bundles and tiles with fsync, their folders with fsync, then the signed checkpoint by rename.
Files that no checkpoint names yet may be rewritten after a crash; files that one names never are.
"""

import fcntl
import os
import shutil
from collections.abc import Sequence
from contextlib import ExitStack
from pathlib import Path

from consentry.kernel.checkpoint import Checkpoint, open_checkpoint, sign_checkpoint
from consentry.kernel.errors import Conflict, NotFound, Unavailable, Untrusted
from consentry.kernel.merkle import EMPTY_ROOT, fold, leaf_hash, nodes_of, root_of
from consentry.kernel.note import Signer, Verifier, split_note
from consentry.kernel.tiles import (
    TILE_LEVELS,
    TILE_WIDTH,
    Tile,
    TileReader,
    make_bundle,
    parse_bundle,
    split_hashes,
    tile_at,
)
from consentry.ledger.files import CHECKPOINT, LATEST, read_file
from consentry.ledger.sequencer.durable import make_folder, replace_file, sync_folder, write_file

MIN_FREE_BYTES = 16 * 2**20


class LogStore:
    """The files under `folder`, held by one process (flock). `head` is the newest signed checkpoint.

    Holds the right edge in memory: the hashes of the last tile of each level, the entries of the last bundle.
    After an OSError nothing in memory has moved; the caller opens the store anew before the next append.
    """

    def __init__(self, folder: Path, *signers: Signer, known: Sequence[Verifier] = ()) -> None:
        """`signers` sign from now on, all of them; `known`: other keys that the newest checkpoint may be signed by."""
        self._folder, self._signers = folder, signers
        self._known = (*(signer.verifier for signer in signers), *known)
        self._lock = _lock(folder)
        with ExitStack() as undo:
            undo.callback(self.close)
            self.head = self._read_head()
            self._bundle, self._edge = self._read_edge()
            self._full: list[Tile] = []
            self.sign_with(signers)
            undo.pop_all()

    def close(self) -> None:
        """Let the folder go."""
        os.close(self._lock)

    def sign_with(self, signers: Sequence[Signer]) -> None:
        """Sign with exactly these keys from now on, the newest checkpoint included. OSError as in `append`."""
        path = self._folder / LATEST
        if path.exists():
            ours, lines = {signer.verifier.key_id for signer in signers}, split_note(path.read_text())[1]
            if {key_id for _, key_id, _ in lines} != ours:
                replace_file(path, sign_checkpoint(self.head, *signers).encode())
        self._signers = tuple(signers)

    def reader(self) -> TileReader:
        """Proofs and entries out of these files."""
        return TileReader(lambda path: read_file(self._folder, path))

    def append(self, entries: Sequence[bytes]) -> list[bytes]:
        """Make `entries` durable behind what is there, under a new signed checkpoint; returns their leaf hashes.

        Raises OSError when the disk does not take them; then they are not in the log.
        """
        leaves = [leaf_hash(entry) for entry in entries]
        bundle, edge = list(self._bundle), [list(hashes) for hashes in self._edge]
        writes = _Writes(self._folder)
        size = self.head.size + len(entries)
        _grow_bundles(bundle, entries, self.head.size, writes)
        _grow_tiles(edge, leaves, self.head.size, writes)
        writes.sync()
        root = _root_of_edge(edge, size)
        head = Checkpoint(self.head.origin, size, root)
        replace_file(self._folder / LATEST, sign_checkpoint(head, *self._signers).encode())
        self.head, self._bundle, self._edge = head, bundle, edge
        self._full += writes.full
        return leaves

    def tidy(self) -> None:
        """Drop the partial tiles whose full one is signed: readers take that. Apart, since nobody need wait for it."""
        for tile in self._full:
            path = self._folder / tile.path
            shutil.rmtree(path.with_name(path.name + ".p"), ignore_errors=True)
        self._full.clear()

    def probe(self) -> None:
        """OSError unless the disk takes a durable write and has room for more."""
        disk = os.statvfs(self._folder)
        if disk.f_bavail * disk.f_frsize < MIN_FREE_BYTES:
            raise OSError("less than 16 MiB left for the ledger")
        write_file(self._folder / ".probe", b"probe")

    def _read_head(self) -> Checkpoint:
        if not (self._folder / LATEST).exists():
            if (self._folder / "tile").exists() and (self._folder / CHECKPOINT).exists():
                raise Untrusted("the log has files but its newest checkpoint is gone", kind="ledger-broken")
            return Checkpoint(self._signers[0].name, 0, EMPTY_ROOT)
        return open_checkpoint((self._folder / LATEST).read_text(), self._known)

    def _read_edge(self) -> tuple[list[bytes], list[list[bytes]]]:
        size, edge = self.head.size, []
        try:
            level = 0
            while size >> (TILE_LEVELS * level):
                edge.append(self._read_hashes(level, size))
                level += 1
            bundle = self._read_bundle(size)
        except NotFound as error:
            raise Untrusted(f"the log lacks a file that its checkpoint names: {error}", kind="ledger-broken") from error
        if _root_of_edge(edge, size) != self.head.root:
            raise Untrusted("the log's right edge does not lead to its signed root", kind="ledger-broken")
        if [leaf_hash(entry) for entry in bundle] != (edge[0] if edge else []):
            raise Untrusted("the log's last entries are not those of its tree", kind="ledger-broken")
        return bundle, edge

    def _read_hashes(self, level: int, size: int) -> list[bytes]:
        number, width = divmod(size >> (TILE_LEVELS * level), TILE_WIDTH)
        return split_hashes(self._read(tile_at(level, number, size)), width) if width else []

    def _read_bundle(self, size: int) -> list[bytes]:
        number, width = divmod(size, TILE_WIDTH)
        return parse_bundle(self._read(tile_at(-1, number, size)))[:width] if width else []

    def _read(self, tile: Tile) -> bytes:
        return read_file(self._folder, tile.path)


class _Writes:
    """The files of one append: written and synced one by one, their folders together at the end; `full`: which are."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._folders: dict[Path, None] = {}
        self.full: list[Tile] = []

    def put(self, tile: Tile, data: bytes) -> None:
        path = self._folder / tile.path
        for changed in make_folder(path.parent):
            self._folders[changed] = None
        write_file(path, data)
        self._folders[path.parent] = None
        if tile.width == TILE_WIDTH:
            self.full.append(tile)

    def sync(self) -> None:
        for folder in self._folders:
            sync_folder(folder)


def _grow_bundles(bundle: list[bytes], entries: Sequence[bytes], size: int, writes: _Writes) -> None:
    number = size // TILE_WIDTH
    for entry in entries:
        bundle.append(entry)
        if len(bundle) == TILE_WIDTH:
            writes.put(Tile(-1, number), make_bundle(bundle))
            number += 1
            bundle.clear()
    if bundle:
        writes.put(Tile(-1, number, len(bundle)), make_bundle(bundle))


def _grow_tiles(edge: list[list[bytes]], hashes: Sequence[bytes], size: int, writes: _Writes) -> None:
    level = 0
    while hashes:
        if level == len(edge):
            edge.append([])
        tile, number, full = edge[level], (size >> (TILE_LEVELS * level)) // TILE_WIDTH, []
        for one in hashes:
            tile.append(one)
            if len(tile) == TILE_WIDTH:
                writes.put(Tile(level, number), b"".join(tile))
                full.append(root_of(tile))
                number += 1
                tile.clear()
        if tile:
            writes.put(Tile(level, number, len(tile)), b"".join(tile))
        hashes, level = full, level + 1


def _root_of_edge(edge: Sequence[Sequence[bytes]], size: int) -> bytes:
    """The root from the last tiles alone: the complete subtrees of a tree all end in them."""
    parts = []
    for node in nodes_of(0, size):
        level, height = divmod(node.level, TILE_LEVELS)
        start = (node.number << height) % TILE_WIDTH
        parts.append(root_of(edge[level][start : start + (1 << height)]))
    return fold(parts)


def _lock(folder: Path) -> int:
    """Hold `folder` for this process; Conflict when another has it, Unavailable when the disk is not there."""
    try:
        for changed in make_folder(folder):
            sync_folder(changed)
        fd = os.open(folder / ".lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    except OSError as error:
        raise Unavailable(f"the ledger's folder cannot be opened: {error.strerror}") from error
    try:
        fcntl.flock(fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError as error:
        os.close(fd)
        raise Conflict("another sequencer holds this ledger") from error
    return fd
