"""Zip files that two programs would read differently, or that hurt whoever opens them: each is refused in layer zip."""

import io
import struct
import zipfile
import zlib

from tests.evidence.bag_maker import World, zip_of
from tests.evidence.tampering import FIRST, Case, flip

from consentry.evidence.bag.check.zip_form import END_BYTES, central_header, end_records, local_header

TOP = "consentry-bag"
ZIP_CASES: list[Case] = []


def raw(name: str):  # type: ignore[no-untyped-def]
    """A case that gets the honest zip's bytes."""

    def add(change):  # type: ignore[no-untyped-def]
        ZIP_CASES.append(Case(name, "zip", lambda world: change(world.zipped)))
        return change

    return add


def with_files(name: str):  # type: ignore[no-untyped-def]
    """A case that gets the honest files and makes a zip of its own."""

    def add(change):  # type: ignore[no-untyped-def]
        ZIP_CASES.append(Case(name, "zip", lambda world: change(dict(world.files))))
        return change

    return add


def _directory_at(zipped: bytes) -> int:
    return struct.unpack_from("<Q", zipped, len(zipped) - END_BYTES + 48)[0]


def _record(zipped: bytes, name: str) -> int:
    """Where the directory's record of a file begins."""
    return zipped.index(name.encode(), _directory_at(zipped)) - 46


def _patch(zipped: bytes, at: int, content: bytes) -> bytes:
    return zipped[:at] + content + zipped[at + len(content) :]


def _written(entries: list[tuple[str, bytes]]) -> bytes:
    """A zip in our form of any names, twice the same included."""
    body, directory, at = b"", b"", 0
    for name, content in entries:
        part = local_header(name, len(content), zlib.crc32(content)) + content
        directory += central_header(name, len(content), zlib.crc32(content), at)
        body, at = body + part, at + len(part)
    return body + directory + end_records(len(entries), len(directory), at)


def _named(files: dict[str, bytes]) -> list[tuple[str, bytes]]:
    return [(f"{TOP}/{name}", content) for name, content in files.items()]


def _by_others(files: dict[str, bytes], method: int = zipfile.ZIP_STORED, **info: int) -> bytes:
    """The same files by Python's zipfile."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", method) as made:
        for name, content in files.items():
            said = zipfile.ZipInfo(f"{TOP}/{name}")
            said.compress_type = method
            for key, value in info.items():
                setattr(said, key, value)
            made.writestr(said, content)
    return out.getvalue()


raw("a byte before the first file")(lambda zipped: b"\0" + zipped)
raw("a byte behind the end")(lambda zipped: zipped + b"\0")
raw("the end cut off")(lambda zipped: zipped[:-1])
raw("half of it")(lambda zipped: zipped[: len(zipped) // 2])
raw("nothing")(lambda zipped: b"")
raw("no zip file")(lambda zipped: b"%PDF-1.7\n" + bytes(500))
raw("a comment")(lambda zipped: zipped[:-2] + b"\x02\x00hi")
raw("a local header of another name")(lambda zipped: _patch(zipped, zipped.index(b"bagit.txt"), b"bagiX.txt"))
raw("a local header of another size")(lambda zipped: _patch(zipped, zipped.index(b"bagit.txt") + 9 + 4, b"\x01"))
raw("a local header that says compressed")(lambda zipped: _patch(zipped, 8, b"\x08"))
raw("a local header with another date")(lambda zipped: _patch(zipped, 10, b"\x01"))
raw("a directory with another date")(lambda zipped: _patch(zipped, _record(zipped, FIRST) + 12, b"\x01"))
raw("a directory that says encrypted")(lambda zipped: _patch(zipped, _directory_at(zipped) + 8, b"\x01"))
raw("a data descriptor announced")(lambda zipped: _patch(zipped, _directory_at(zipped) + 8, b"\x08"))
raw("a symbolic link")(lambda zipped: _patch(zipped, _directory_at(zipped) + 38, struct.pack("<I", 0o120777 << 16)))
raw("a file that may be run")(
    lambda zipped: _patch(zipped, _directory_at(zipped) + 38, struct.pack("<I", 0o100755 << 16))
)
raw("a zip64 size that lies")(lambda zipped: flip(zipped, _record(zipped, FIRST) + 46 + len(f"{TOP}/") + 40))
raw("a directory that counts too few")(
    lambda zipped: _patch(zipped, len(zipped) - END_BYTES + 24, b"\x02" + bytes(7) + b"\x02")
)
raw("a directory that counts millions")(
    lambda zipped: (
        zipped[:-END_BYTES]
        + end_records(10_000_000, len(zipped) - END_BYTES - _directory_at(zipped), _directory_at(zipped))
    )
)
raw("a directory of gigabytes")(lambda zipped: zipped[:-END_BYTES] + end_records(20, 1 << 33, 0))
raw("a directory elsewhere")(lambda zipped: zipped[:-END_BYTES] + end_records(20, 100, 7))


@raw("a CRC that lies")
def _crc(zipped: bytes) -> bytes:
    at = _record(zipped, FIRST)
    top = zipped[at + 46 :].split(b"/", 1)[0].decode()
    size, offset = struct.unpack_from("<QxxxxxxxxQ", zipped, at + 46 + len(f"{top}/{FIRST}") + 4)
    crc = struct.unpack_from("<I", zipped, at + 16)[0] ^ 1
    made = _patch(zipped, at, central_header(f"{top}/{FIRST}", size, crc, offset))
    return _patch(made, offset, local_header(f"{top}/{FIRST}", size, crc))


@raw("two files over the same bytes")
def _overlap(zipped: bytes) -> bytes:
    directory = _directory_at(zipped)
    first = zipped[directory : directory + 46 + struct.unpack_from("<H", zipped, directory + 28)[0] + 28]
    second = first.replace(b"README.txt", b"READMX.txt")
    count = struct.unpack_from("<Q", zipped, len(zipped) - END_BYTES + 24)[0]
    body = zipped[directory:-END_BYTES] + second
    return zipped[:directory] + body + end_records(count + 1, len(body), directory)


@raw("bytes between two files")
def _gap(zipped: bytes) -> bytes:
    directory = _directory_at(zipped)
    body = zipped[directory:-END_BYTES]
    return zipped[:directory] + b"hidden" + body + end_records(len(_names(zipped)), len(body), directory + 6)


def _names(zipped: bytes) -> list[str]:
    return zipfile.ZipFile(io.BytesIO(zipped)).namelist()


with_files("two files of one name")(lambda files: _written([*_named(files), (f"{TOP}/{FIRST}", b"another")]))
with_files("a path out of the bag")(lambda files: _written([*_named(files), (f"{TOP}/../evil.py", b"x")]))
with_files("a path out of the bag inside it")(
    lambda files: _written([*_named(files), (f"{TOP}/data/../../evil", b"x")])
)
with_files("an absolute path")(lambda files: _written([*_named(files), ("/etc/passwd", b"x")]))
with_files("a drive's letter")(lambda files: _written([*_named(files), (f"{TOP}/C:evil", b"x")]))
with_files("a backslash")(lambda files: _written([*_named(files), (f"{TOP}/data\\..\\evil", b"x")]))
with_files("a NUL in a name")(lambda files: _written([*_named(files), (f"{TOP}/data/a\0b", b"x")]))
with_files("a hidden file")(lambda files: _written([*_named(files), (f"{TOP}/.bashrc", b"x")]))
with_files("a folder as an entry")(lambda files: _written([*_named(files), (f"{TOP}/data/empty/", b"")]))
with_files("a second folder on top")(lambda files: _written([*_named(files), ("other/bagit.txt", b"x")]))
with_files("a name of thousands of letters")(lambda files: _written([*_named(files), (f"{TOP}/{'a' * 5_000}", b"x")]))
with_files("compressed files")(lambda files: _by_others(files, zipfile.ZIP_DEFLATED))
with_files("a bag packed again by another program")(_by_others)
with_files("a zip bomb")(lambda files: _by_others({**files, "bomb": bytes(50_000_000)}, zipfile.ZIP_DEFLATED))


def honest_again(world: World) -> bytes:
    """The same files in our form under another folder's name: nothing is wrong with that."""
    return zip_of(world.files, TOP)
