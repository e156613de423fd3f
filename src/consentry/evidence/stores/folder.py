"""A store in a folder: `<folder>/<item>/<file>`, durable before `put` returns, never overwritten.

A folder cannot refuse its own administrator. Locks are written beside the files and kept by us alone; whoever wants
more takes S3 with Object Lock, or a file system that can be written once.
"""

import contextlib
import fcntl
import os
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO, Final

from consentry.evidence.stores.types import (
    NO_LOCK,
    FileSaid,
    Lock,
    Stored,
    StoredName,
    checked,
    measure,
    parts_of,
    pieces_of,
    stored_name,
)
from consentry.kernel.canonical import canonical_json, parse_object
from consentry.kernel.clock import Clock, to_ms, utc_now
from consentry.kernel.errors import Conflict, Malformed, NotFound, Refused, Unavailable, Untrusted
from consentry.kernel.ids import ItemId

_MAX_LOCK_BYTES: Final = 1_024


class FolderStore:
    """`folder` holds the files, `locks` their locks (`<locks>/<item>/<file>`). Safe for several processes at once."""

    def __init__(self, folder: Path, locks: Path, clock: Clock = utc_now) -> None:
        self._folder, self._locks, self._clock = folder, locks, clock

    @property
    def place(self) -> str:
        """`files:` and the folder."""
        return f"files:{self._folder}"

    @property
    def enforces_locks(self) -> bool:
        """No: whoever may write the folder may empty it."""
        return False

    def put(self, name: StoredName, said: FileSaid, file: BinaryIO, lock: Lock = NO_LOCK) -> Stored:
        """See `Store.put`. The folder of the vault itself is a store, too: what lies there already is only checked."""
        path = self.path_of(name)
        with _answers(path):
            if not path.exists():
                make_folder(path.parent)
                file.seek(0)
                _write_once(path, checked(pieces_of(file), said))
            if measure(self.read(name)) != said:
                raise Conflict(f"another file lies at {name}", kind="store-other")
        if lock != NO_LOCK:
            self.extend(name, lock.until_ms)
        if lock.held:
            self.hold(name, on=True)
        return Stored(name, said.size_bytes, said.sha256, "", self._lock_of(name))

    def read(self, name: StoredName, offset_bytes: int = 0) -> Iterator[bytes]:
        """See `Store.read`."""
        path = self.path_of(name)
        with _answers(path):
            file = path.open("rb")
        with file, _answers(path):
            file.seek(offset_bytes)
            yield from pieces_of(file)

    def stat(self, name: StoredName) -> Stored:
        """See `Store.stat`; a folder keeps no hash."""
        with _answers(path := self.path_of(name)):
            size_bytes = path.stat().st_size
        return Stored(name, size_bytes, "", "", self._lock_of(name))

    def items(self) -> Iterator[ItemId]:
        """See `Store.items`; what is no item's folder is not ours."""
        for path in sorted(self._folder.iterdir()) if self._folder.exists() else ():
            with contextlib.suppress(Malformed):
                if any(self.files(ItemId(path.name))):
                    yield ItemId(path.name)

    def files(self, item: ItemId) -> Iterator[StoredName]:
        """See `Store.files`; half-written files and folders are none."""
        folder = self.path_of(stored_name(item, "about")).parent
        for path in sorted(folder.iterdir()) if folder.exists() else ():
            with contextlib.suppress(Malformed):
                if path.is_file() and not path.is_symlink():
                    yield stored_name(item, path.name)

    def extend(self, name: StoredName, until_ms: int) -> None:
        """See `Store.extend`."""
        self._change(name, until_ms=until_ms)

    def hold(self, name: StoredName, *, on: bool) -> None:
        """See `Store.hold`."""
        self._change(name, held=on)

    def delete(self, name: StoredName) -> None:
        """See `Store.delete`; the lock's file goes after the file."""
        path, lock = self.path_of(name), self._lock_of(name)
        if lock.in_force(to_ms(self._clock())):
            raise Refused(f"{name} is locked", kind="store-locked")
        with _answers(path):
            path.unlink(missing_ok=True)
            if path.parent.exists():
                _sync(path.parent)
            (self._locks / name).unlink(missing_ok=True)

    def try_out(self) -> None:
        """Can files be made durable here, and linked (which is how none is overwritten)?"""
        probe = self._folder / ".probe"
        with _answers(probe):
            make_folder(self._folder)
            probe.unlink(missing_ok=True)
            _write_once(probe, iter((b"probe",)))
            probe.unlink()

    def path_of(self, name: StoredName) -> Path:
        """The file of a name."""
        parts_of(name)
        return self._folder / name

    def _lock_of(self, name: StoredName) -> Lock:
        parts_of(name)
        try:
            data = (self._locks / name).read_bytes()
        except FileNotFoundError:
            return NO_LOCK
        said = parse_object(data, max_bytes=_MAX_LOCK_BYTES)
        if type(said.get("until_ms")) is not int or type(said.get("held")) is not bool:
            raise Untrusted(f"the lock of {name} cannot be read", kind="store-lock")
        return Lock(said["until_ms"], said["held"])

    def _change(self, name: StoredName, *, until_ms: int = 0, held: bool | None = None) -> None:
        """Under a lock of the folder, so that of two changes none is lost."""
        with _answers(path := self.path_of(name)):
            path.stat()
            make_folder((self._locks / name).parent)
            with (self._locks / name).with_suffix(".flock").open("wb") as turn:
                fcntl.flock(turn, fcntl.LOCK_EX)
                now = self._lock_of(name)
                wanted = Lock(max(now.until_ms, until_ms), now.held if held is None else held)
                if wanted != now:
                    write_again(self._locks / name, canonical_json({"until_ms": wanted.until_ms, "held": wanted.held}))


def make_folder(folder: Path) -> None:
    """Make a folder and those above it, durable."""
    if folder.is_dir():
        return
    make_folder(folder.parent)
    folder.mkdir(mode=0o700, exist_ok=True)
    _sync(folder.parent)


def write_again(path: Path, data: bytes) -> None:
    """Replace a small file by `data`, durable: a reader sees the old or the new."""
    aside = path.with_name(f".{path.name}.{os.getpid()}")
    with aside.open("wb") as file:
        file.write(data)
        file.flush()
        os.fsync(file.fileno())
    aside.replace(path)
    _sync(path.parent)


def _write_once(path: Path, pieces: Iterator[bytes]) -> None:
    """All bytes, durable, under a name that nobody had: link, never rename. A crash leaves `.<name>.part`."""
    part = path.with_name(f".{path.name}.part")
    with part.open("ab") as file:
        # Two that put the same take turns; the second finds it done.
        fcntl.flock(file, fcntl.LOCK_EX)
        if path.exists():
            part.unlink(missing_ok=True)
            return
        file.truncate(0)
        for piece in pieces:
            file.write(piece)
        file.flush()
        os.fsync(file.fileno())
        os.link(part, path)
        part.unlink()
    _sync(path.parent)


def _sync(folder: Path) -> None:
    handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


@contextlib.contextmanager
def _answers(path: Path) -> Iterator[None]:
    """The system's errors in our words."""
    try:
        yield
    except FileNotFoundError as error:
        raise NotFound(f"there is no {path.parent.name}/{path.name}", kind="not-found") from error
    except FileExistsError as error:
        raise Conflict(f"{path.parent.name}/{path.name} is there", kind="store-other") from error
    except OSError as error:
        raise Unavailable(f"the store's folder: {error.strerror}", kind="store") from error
