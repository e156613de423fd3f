"""RTCP that a sender hears and says (RFC 3550, 4585, 5104, draft-alvestrand-rmcat-remb). Pure; bounded by its input.

Whatever is odd is passed over: reports are advice, a broken one must not end a picture.
"""

import struct
from collections.abc import Iterator
from dataclasses import dataclass

NTP_EPOCH_S = 2_208_988_800
_SR, _RR, _SDES, _BYE, _FEEDBACK, _PAYLOAD_FEEDBACK = 200, 201, 202, 203, 205, 206
MAX_PACKETS = 32
MAX_LOST = 512


@dataclass(frozen=True, slots=True)
class Heard:
    """What one compound packet says about `ssrc`.

    `lost`: sequence numbers asked for again; `wants_key`: a key frame is asked for; `fraction_lost`: 0 to 1 of the
    last report, None without one; `rate_bps`: how much the receiver believes to get through, None when not said;
    `echo`: which sender report it had last (the middle 32 bits of that one's NTP time) and for how many s, or None;
    `bye`: the other side leaves.
    """

    lost: tuple[int, ...] = ()
    wants_key: bool = False
    fraction_lost: float | None = None
    rate_bps: int | None = None
    bye: bool = False
    echo: tuple[int, float] | None = None


def read_rtcp(data: bytes, ssrc: int) -> Heard:
    """Everything in the compound packet `data` that is about `ssrc`."""
    lost: list[int] = []
    wants_key = bye = False
    fraction, rate, echo = None, None, None
    for kind, count, body in _packets(data):
        if kind in (_SR, _RR):
            block = _report_on(body[24 if kind == _SR else 4 :], count, ssrc)
            if block is not None:
                fraction, echo = block[4] / 256, _echo(block)
        elif kind == _BYE:
            bye = True
        elif kind == _FEEDBACK and count == 1 and _media_of(body) == ssrc:
            lost += _nacked(body[8:])
        elif kind == _PAYLOAD_FEEDBACK and count == 15:
            rate = _remb(body) or rate
        elif kind == _PAYLOAD_FEEDBACK and ((count == 1 and _media_of(body) == ssrc) or count == 4):
            wants_key = True
    return Heard(tuple(lost[:MAX_LOST]), wants_key, fraction, rate, bye, echo)


def echoed_as(wall_us: int) -> int:
    """How a sender report with this wall clock (UTC microseconds) is named in `Heard.echo`."""
    seconds, rest_us = divmod(wall_us, 1_000_000)
    return ((seconds + NTP_EPOCH_S) & 0xFFFF) << 16 | (rest_us << 16) // 1_000_000


def sender_report(ssrc: int, clock: tuple[int, int], sent: tuple[int, int]) -> bytes:
    """A sender report with its name. `clock`: (UTC microseconds, RTP time of that instant); `sent`: packets, bytes."""
    wall_us, rtp_time = clock
    seconds, rest_us = divmod(wall_us, 1_000_000)
    report = struct.pack(
        ">BBHIIIIII", 0x80, _SR, 6, ssrc, (seconds + NTP_EPOCH_S) & 0xFFFFFFFF, (rest_us << 32) // 1_000_000,
        rtp_time & 0xFFFFFFFF, sent[0] & 0xFFFFFFFF, sent[1] & 0xFFFFFFFF,
    )  # fmt: skip
    return report + struct.pack(">BBHI", 0x81, _SDES, 3, ssrc) + b"\x01\x04cam\x00\x00\x00"[:8].ljust(8, b"\x00")


def key_request(own: int, media: int) -> bytes:
    """Picture loss indication: send a key frame."""
    return struct.pack(">BBHII", 0x81, _PAYLOAD_FEEDBACK, 2, own, media)


def nack(own: int, media: int, lost: list[int]) -> bytes:
    """Ask again for the sequence numbers `lost` (ascending)."""
    pairs: list[list[int]] = []
    for number in lost:
        ahead = (number - pairs[-1][0]) % 65_536 if pairs else 0
        if pairs and 0 < ahead <= 16:
            pairs[-1][1] |= 1 << (ahead - 1)
        elif not pairs or ahead:
            pairs.append([number, 0])
    body = b"".join(struct.pack(">HH", first, more) for first, more in pairs)
    return struct.pack(">BBHII", 0x81, _FEEDBACK, 2 + len(pairs), own, media) + body


def receiver_report(own: int, media: int, counts: tuple[int, int, int]) -> bytes:
    """A receiver report. `counts`: fraction lost in 256ths, packets lost so far, highest sequence number (32 bits)."""
    fraction, lost, highest = counts
    loss = (min(fraction, 255) << 24) | (max(0, lost) & 0x7FFFFF)
    return struct.pack(">BBHIIIIIII", 0x81, _RR, 7, own, media, loss, highest & 0xFFFFFFFF, 0, 0, 0)


def rate_limit(own: int, media: int, rate_bps: int) -> bytes:
    """Tell a sender how much it may send at most (REMB)."""
    exponent = max(0, rate_bps.bit_length() - 18)
    mantissa = rate_bps >> exponent
    coded = bytes((1, (exponent << 2) | (mantissa >> 16), (mantissa >> 8) & 255, mantissa & 255))
    return struct.pack(">BBHII", 0x8F, _PAYLOAD_FEEDBACK, 5, own, 0) + b"REMB" + coded + struct.pack(">I", media)


def _packets(data: bytes) -> Iterator[tuple[int, int, bytes]]:
    at = 0
    for _ in range(MAX_PACKETS):
        if at + 4 > len(data) or data[at] >> 6 != 2:
            return
        end = at + 4 * (1 + int.from_bytes(data[at + 2 : at + 4], "big"))
        if end > len(data):
            return
        yield data[at + 1], data[at] & 31, data[at + 4 : end]
        at = end


def _media_of(body: bytes) -> int | None:
    return int.from_bytes(body[4:8], "big") if len(body) >= 8 else None


def _report_on(blocks: bytes, count: int, ssrc: int) -> bytes | None:
    for at in range(0, min(24 * count, len(blocks) - 23), 24):
        if int.from_bytes(blocks[at : at + 4], "big") == ssrc:
            return blocks[at : at + 24]
    return None


def _echo(block: bytes) -> tuple[int, float] | None:
    last, since = struct.unpack_from(">II", block, 16)
    return (last, since / 65_536) if last else None


def _nacked(pairs: bytes) -> Iterator[int]:
    for at in range(0, len(pairs) - 3, 4):
        first, more = struct.unpack_from(">HH", pairs, at)
        yield first
        for bit in range(16):
            if more >> bit & 1:
                yield (first + 1 + bit) % 65_536


def _remb(body: bytes) -> int | None:
    if len(body) < 16 or body[8:12] != b"REMB":
        return None
    exponent, mantissa = body[13] >> 2, ((body[13] & 3) << 16) | (body[14] << 8) | body[15]
    return min(mantissa << exponent, 1 << 40)
