"""H.264 as FLV and MP4 carry it: a configuration record, then NAL units behind lengths (ISO/IEC 14496-15 5.3.3.1)."""

from consentry.kernel.errors import Malformed


def read_record(record: bytes) -> tuple[int, tuple[bytes, ...]]:
    """(bytes of a length, the parameter sets) of an AVCDecoderConfigurationRecord; Malformed when it is none."""
    if len(record) < 7 or record[0] != 1:
        raise Malformed("not an AVC configuration record")
    sets: list[bytes] = []
    at = _take_sets(record, 6, record[5] & 31, sets)
    if at < len(record):
        _take_sets(record, at + 1, record[at], sets)
    return (record[4] & 3) + 1, tuple(sets)


def split_lengths(data: bytes, size_bytes: int) -> tuple[bytes, ...]:
    """NAL units behind lengths of `size_bytes`, empty ones left out; Malformed when they do not add up."""
    nals, at = [], 0
    while at < len(data):
        end = at + size_bytes + int.from_bytes(data[at : at + size_bytes], "big")
        if end > len(data):
            raise Malformed("lengths of NAL units do not add up")
        nals.append(data[at + size_bytes : end])
        at = end
    return tuple(nal for nal in nals if nal)


def _take_sets(record: bytes, at: int, count: int, into: list[bytes]) -> int:
    for _ in range(count):
        end = at + 2 + int.from_bytes(record[at : at + 2], "big")
        if end > len(record) or end == at + 2:
            raise Malformed("an AVC configuration record is cut short")
        into.append(record[at + 2 : end])
        at = end
    return at
