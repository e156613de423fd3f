"""Every change that the vault makes on disk, as few plain steps; nothing else in this room writes.

A file is durable with its name after: create, write, `sync_file`, `sync_folder` of its folder. A failed fsync says
nothing about what is on disk, and a second one on the same descriptor would say "fine": who meets one closes the file
and never trusts it. All may raise OSError; what it means to a caller is `told_plainly`'s to say.
"""

import contextlib
import errno
import os
from collections.abc import Iterator
from pathlib import Path

from consentry.kernel.errors import Unavailable

_FULL = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EFBIG})
NEW_SUFFIX = ".new"


def create(path: Path) -> int:
    """A new file, 0600, open for writing; FileExistsError when there is one."""
    return os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)


def open_end(path: Path) -> int:
    """The end of a file that may be new, open for appending."""
    return os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND | os.O_CLOEXEC, 0o600)


def write(fd: int, data: bytes | bytearray | memoryview) -> None:
    """All of `data`: a disk that is nearly full takes a part first."""
    view = memoryview(data)
    while view:
        view = view[os.write(fd, view) :]


def overwrite(path: Path, at: int, data: bytes) -> None:
    """Write `data` over what stands from byte `at` on, and fsync it."""
    fd = os.open(path, os.O_WRONLY | os.O_CLOEXEC)
    try:
        view = memoryview(data)
        while view:
            done = os.pwrite(fd, view, at)
            view, at = view[done:], at + done
        sync_file(fd)
    finally:
        os.close(fd)


def cut(path: Path, size_bytes: int) -> None:
    """Cut a file after `size_bytes`, durably."""
    fd = os.open(path, os.O_WRONLY | os.O_CLOEXEC)
    try:
        os.ftruncate(fd, size_bytes)
        sync_file(fd)
    finally:
        os.close(fd)


def sync_file(fd: int) -> None:
    """Make a file's bytes durable."""
    os.fsync(fd)


def sync_folder(folder: Path) -> None:
    """Make the names inside a folder durable."""
    fd = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        os.fsync(fd)
    finally:
        os.close(fd)


def rename(path: Path, to: Path) -> None:
    """Give a file another name, in place of what had it."""
    path.replace(to)


def link(path: Path, to: Path) -> None:
    """Give a file a second name."""
    to.hardlink_to(path)


def remove(path: Path) -> None:
    """Take a name away; nothing when it is gone already."""
    path.unlink(missing_ok=True)


def make_folder(folder: Path) -> None:
    """Make a folder, 0700, and what is missing above it, durably."""
    if not folder.is_dir():
        make_folder(folder.parent)
        folder.mkdir(mode=0o700, exist_ok=True)
        sync_folder(folder.parent)


def put_file(path: Path, data: bytes) -> None:
    """Put `data` at `path` at once and durably: readers see the old or the new bytes, also after a crash."""
    beside = path.with_name(path.name + NEW_SUFFIX)
    remove(beside)
    fd = create(beside)
    try:
        write(fd, data)
        sync_file(fd)
    finally:
        os.close(fd)
    rename(beside, path)
    sync_folder(path.parent)


def wipe(path: Path) -> None:
    """Overwrite a small file with random bytes, then remove it, durably; nothing when it is gone already.

    Of a file that has another name too, the name alone goes. Its folder is synced first, so that no other name that is
    gone only here can lead to the bytes again.

    On flash and on file systems that copy on write the old bytes may live on below us: that is why what is wiped is
    always itself encrypted under a key that is destroyed later.
    """
    with contextlib.suppress(FileNotFoundError):
        found = path.stat()
        sync_folder(path.parent)
        if found.st_nlink == 1:
            overwrite(path, 0, os.urandom(found.st_size))
        remove(path)
        sync_folder(path.parent)


def free_bytes(folder: Path) -> int:
    """What an ordinary user may still write there."""
    disk = os.statvfs(folder)
    return disk.f_bavail * disk.f_frsize


@contextlib.contextmanager
def told_plainly() -> Iterator[None]:
    """OSError as Unavailable: `vault-full` or `vault-disk`."""
    try:
        yield
    except OSError as error:
        if error.errno in _FULL:
            raise Unavailable("the vault's disk is full", kind="vault-full") from error
        raise Unavailable(f"the vault's disk does not work: {error.strerror}", kind="vault-disk") from error
