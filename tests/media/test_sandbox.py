"""Every child that decodes what strangers made tries to get out, at the place where it would begin to decode."""

import os
import struct
import subprocess
import sys
from pathlib import Path

import pytest

from consentry.edge.mask_records import Kind, pack_record
from consentry.media.camera_eye import THUMBNAIL_BYTES

# What a decoder that was taken over could try against its parent, its user's files and the world.
ESCAPES = """
import ctypes, os, resource, signal, socket, sys
folder = os.open(sys.argv[-1], os.O_RDONLY)
victim = os.path.join(sys.argv.pop(), "a-file-of-somebody-else")
libc = ctypes.CDLL(None, use_errno=True)
TKILL, QUEUE = {"x86_64": (200, 129), "aarch64": (130, 138)}[os.uname().machine]
def call(*words):
    if libc.syscall(*words) < 0:
        raise OSError(ctypes.get_errno(), "refused")
def memory(name):
    if getattr(libc, name)(0, 4096, 0o1666) < 0:
        raise OSError(ctypes.get_errno(), "refused")
acts = {
    "socket": lambda: socket.socket(), "pair": lambda: socket.socketpair(),
    "open": lambda: os.open("/etc/hostname", os.O_RDONLY),
    "write": lambda: os.open(victim + ".new", os.O_WRONLY | os.O_CREAT),
    "program": lambda: os.execv("/bin/true", ["true"]), "memory": lambda: bytearray(2 << 30),
    "unlink": lambda: os.unlink(victim), "truncate": lambda: os.truncate(victim, 0),
    "rename": lambda: os.rename(victim, victim + ".new"), "folder": lambda: os.mkdir(victim + ".new"),
    "folder beside": lambda: os.mkdir("new", dir_fd=folder), "pipe": lambda: os.mkfifo(victim + ".new"),
    "link": lambda: os.link(victim, victim + ".new"), "link beside": lambda: os.link(victim, "new", dst_dir_fd=folder),
    "sign": lambda: os.symlink(victim, victim + ".new"),
    "sign beside": lambda: os.symlink(victim, "new-sign", dir_fd=folder),
    "mode": lambda: os.chmod(victim, 0o777),
    "mode beside": lambda: os.chmod("a-file-of-somebody-else", 0o777, dir_fd=folder),
    "owner": lambda: os.chown(victim, os.getuid(), os.getgid()), "time": lambda: os.utime(victim, (1, 1)),
    "mark": lambda: os.setxattr(victim, "user.mark", b"1"),
    "signal": lambda: os.kill(os.getppid(), 0), "signal to a thread": lambda: call(TKILL, os.getppid(), 0),
    "signal with a word": lambda: call(QUEUE, os.getppid(), 0, bytes(128)),
    "handle of a process": lambda: os.pidfd_open(os.getppid()),
    "limits of another": lambda: resource.prlimit(os.getppid(), resource.RLIMIT_CORE),
    "shared memory": lambda: memory("shmget"), "messages": lambda: memory("msgget"),
}
def escaped(names=tuple(acts)):
    resource.getrlimit(resource.RLIMIT_AS)  # one's own limits may be read: each start of a thread does
    got = []
    for name in names:
        try:
            acts[name]()
        except (PermissionError, MemoryError):
            continue
        except OSError as error:
            got.append(f"{name}: {error}")
        else:
            got.append(name)
    return ", ".join(got) or "nowhere"
def fill(unit):
    return escaped().encode()[:SIZE].ljust(SIZE)
def say(*_, **__):
    sys.stdout.write(escaped())
    sys.stdout.flush()
    os._exit(0)
"""
HARMLESS = ("open", "folder beside", "sign beside", "mode beside", "signal to a thread", "handle of a process",
            "limits of another")  # fmt: skip
MASK = b'{"polygons":[[[0,0],[0,4096],[4096,0]]]}'
# The real program and its real start; instead of decoding its first picture it tries to get out.
CHILDREN = {
    "picture": ("from consentry.edge import picture_child as child\nchild.decode = say", b"unit"),
    "still": ("from consentry.media import still_child as child\nchild.first_of = say", b"video"),
    "mask": (
        "from consentry.edge import mask_child as child\nchild.parse_mask = dict\nchild.MaskBurner.burn = say",
        pack_record(Kind.MASK, 0, MASK) + pack_record(Kind.KEY, 1, b"unit"),
    ),
    "thumbnail": (
        f"SIZE = {THUMBNAIL_BYTES}\nfrom consentry.media import thumbnail_child as child\nchild.thumbnail_of = fill",
        struct.pack(">I", 4) + b"unit",
    ),
}  # fmt: skip


@pytest.mark.parametrize("child", CHILDREN)
def test_a_child_that_was_taken_over_gets_nowhere(tmp_path: Path, child: str) -> None:
    victim = tmp_path / "a-file-of-somebody-else"
    victim.write_text("untouched")
    before = victim.stat()
    program, said = CHILDREN[child]
    words = [sys.executable, "-I", "-c", f"{ESCAPES}\n{program}\nchild.main()", str(tmp_path)]
    done = subprocess.run(words, input=said, capture_output=True, check=False, timeout=60)
    assert done.stdout.strip(b"\x01 ").decode() == "nowhere", done.stderr.decode()
    assert [path.name for path in tmp_path.iterdir()] == [victim.name]
    assert victim.read_text() == "untouched"
    after = victim.stat()
    assert (after.st_mode, after.st_mtime_ns, after.st_nlink) == (before.st_mode, before.st_mtime_ns, before.st_nlink)
    assert "user.mark" not in os.listxattr(victim)


def test_without_the_filter_the_same_program_does_get_out(tmp_path: Path) -> None:
    """So a refusal above is the filter's, not the machine's."""
    (tmp_path / "a-file-of-somebody-else").write_text("touched")
    words = [sys.executable, "-I", "-c", f"{ESCAPES}\nprint(escaped({HARMLESS}))", str(tmp_path)]
    done = subprocess.run(words, capture_output=True, text=True, check=True, timeout=60)
    assert done.stdout.strip() == ", ".join(HARMLESS)
