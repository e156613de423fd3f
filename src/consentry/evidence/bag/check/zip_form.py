"""The one form in which a bag is a zip file: writer and reader make the same bytes from name, size and CRC.

Stored, never compressed; zip64 always; no data descriptors, comments, gaps or dates; directory behind the last file. A
reader that finds one other byte refuses, so no two programs can see different files in it.
Source: APPNOTE.TXT 6.3.10, sections 4.3.7 (local header), 4.3.12 (central), 4.3.14 to 4.3.16 (ends), 4.5.3 (zip64).
"""

import struct

_LOCAL = struct.Struct("<IHHHHHIIIHH")
_CENTRAL = struct.Struct("<IHHHHHHIIIHHHHHII")
_END64 = struct.Struct("<IQHHIIQQQQ")
_LOCATOR = struct.Struct("<IIQI")
_END = struct.Struct("<IHHHHIIH")
_VERSION, _UNIX = 45, 3 << 8
_DATE_1980 = 0x21
_REGULAR_FILE = 0o100644 << 16
_IN_ZIP64 = 0xFFFFFFFF
LOCAL_FIXED_BYTES, CENTRAL_FIXED_BYTES = _LOCAL.size, _CENTRAL.size
LOCAL_EXTRA_BYTES, CENTRAL_EXTRA_BYTES = 20, 28
END_BYTES = _END64.size + _LOCATOR.size + _END.size


def local_header(name: str, size_bytes: int, crc: int) -> bytes:
    """What stands before a file's bytes."""
    raw = name.encode("ascii")
    head = _LOCAL.pack(0x04034B50, _VERSION, 0, 0, 0, _DATE_1980, crc, _IN_ZIP64, _IN_ZIP64, len(raw),
                       LOCAL_EXTRA_BYTES)  # fmt: skip
    return head + raw + struct.pack("<HHQQ", 1, 16, size_bytes, size_bytes)


def local_header_bytes(name: str) -> int:
    """The length of `local_header`."""
    return _LOCAL.size + len(name) + LOCAL_EXTRA_BYTES


def central_header(name: str, size_bytes: int, crc: int, offset: int) -> bytes:
    """What the directory says of a file whose local header stands at `offset`."""
    raw = name.encode("ascii")
    head = _CENTRAL.pack(0x02014B50, _UNIX | _VERSION, _VERSION, 0, 0, 0, _DATE_1980, crc, _IN_ZIP64, _IN_ZIP64,
                         len(raw), CENTRAL_EXTRA_BYTES, 0, 0, 0, _REGULAR_FILE, _IN_ZIP64)  # fmt: skip
    return head + raw + struct.pack("<HHQQQ", 1, 24, size_bytes, size_bytes, offset)


def end_records(count: int, directory_bytes: int, directory_at: int) -> bytes:
    """The last `END_BYTES` bytes of the file."""
    end64 = _END64.pack(0x06064B50, _END64.size - 12, _UNIX | _VERSION, _VERSION, 0, 0, count, count, directory_bytes,
                        directory_at)  # fmt: skip
    locator = _LOCATOR.pack(0x07064B50, 0, directory_at + directory_bytes, 1)
    end = _END.pack(0x06054B50, 0, 0, 0xFFFF, 0xFFFF, _IN_ZIP64, _IN_ZIP64, 0)
    return end64 + locator + end


def read_end_records(tail: bytes) -> tuple[int, int, int]:
    """Count of files, size and place of the directory that the last `END_BYTES` bytes name; ValueError for others."""
    found = _END64.unpack_from(tail)
    count, directory_bytes, directory_at = found[7], found[8], found[9]
    if end_records(count, directory_bytes, directory_at) != tail:
        raise ValueError("it does not end as a bag's zip file does")
    return count, directory_bytes, directory_at


def read_central_header(raw: bytes, at: int) -> tuple[str, int, int, int]:
    """Name, size, CRC and offset in the directory's record at `at`; ValueError when it is in any other form."""
    if len(raw) < at + CENTRAL_FIXED_BYTES:
        raise ValueError("its directory is cut")
    fields = _CENTRAL.unpack_from(raw, at)
    name = raw[at + CENTRAL_FIXED_BYTES : at + CENTRAL_FIXED_BYTES + fields[10]].decode("ascii")
    extra = raw[at + CENTRAL_FIXED_BYTES + fields[10] :][:CENTRAL_EXTRA_BYTES]
    if len(extra) != CENTRAL_EXTRA_BYTES:
        raise ValueError(f"its directory is cut at {name!r}")
    _, _, size_bytes, _, offset = struct.unpack("<HHQQQ", extra)
    made = central_header(name, size_bytes, fields[7], offset)
    if raw[at : at + len(made)] != made:
        raise ValueError(f"{name!r} is {_difference(fields)}")
    return name, size_bytes, fields[7], offset


def _difference(fields: tuple[int, ...]) -> str:
    if fields[3] & 0x08:
        return "followed by a data descriptor"
    if fields[3]:
        return "encrypted or flagged otherwise"
    if fields[4]:
        return "compressed, and a bag's files are stored"
    if fields[15] >> 16 & 0o170000 == 0o120000:
        return "a symbolic link"
    return "described in another form than a bag's"
