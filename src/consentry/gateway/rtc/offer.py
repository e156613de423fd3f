"""A browser's SDP offer, as much as we need of it, and our answer (RFC 8866, 8829, 8839, 8842). Pure and bounded.

We take one video, one data channel and, to send it, one sound; every other line of the offer is answered as refused.
"""

import re
from dataclasses import dataclass, field

from consentry.kernel.errors import Malformed
from consentry.kernel.limits import MAX_OFFER_BYTES

MAX_MEDIA = 8
SEND_TIME_URI = "http://www.webrtc.org/experiments/rtp-hdrext/abs-send-time"
_SOUNDS = {"pcma/8000": "pcma", "pcmu/8000": "pcmu", "opus/48000/2": "opus"}
_DIRECTIONS = ("sendrecv", "recvonly", "sendonly", "inactive")
_MID = re.compile(r"[A-Za-z0-9._-]{1,32}")
_PROFILE = re.compile(r"[0-9a-fA-F]{6}")
_FINGERPRINT = re.compile(r"(?i)sha-256 ((?:[0-9a-f]{2}:){31}[0-9a-f]{2})")


@dataclass(frozen=True, slots=True)
class Codec:
    """One way to send H.264 that the browser offers, packetization-mode 1; `profile`: 6 hexadecimal digits."""

    payload_type: int
    profile: str


@dataclass(slots=True)
class _Media:
    """One `m=` block; `attributes` may repeat a name."""

    kind: str
    line: str
    attributes: list[tuple[str, str]] = field(default_factory=list)

    def get(self, name: str) -> str | None:
        return next((value for key, value in self.attributes if key == name), None)


@dataclass(frozen=True, slots=True)
class Offer:
    """What we take of an offer.

    `lines`: kind and `m=` line of each block in order with its mid; `video`, `data`: which of them we accept (`data`
    None without); `fingerprint`: SHA-256 of the browser's certificate; `send_time_id`: number of the header extension
    for the time of sending, None when not offered; `direction`: of the video, as the browser says it;
    `audio`: the line by which the browser takes sound; `sounds`: codec (as in `SoundUnit`) and payload type there.
    """

    lines: tuple[tuple[str, str, str], ...]
    video: int
    data: int | None
    fingerprint: bytes
    codecs: tuple[Codec, ...]
    send_time_id: int | None
    direction: str
    audio: int | None = None
    sounds: tuple[tuple[str, int], ...] = ()


@dataclass(frozen=True, slots=True)
class Ours:
    """Our side of the answer. `address`: of our UDP port; `ssrc`: of the video we send, None to receive.

    `sound_ssrc`: of the sound, None to send none; `hears`: we take the sound that is sent.
    """

    name: str
    password: str = field(repr=False)
    fingerprint: str
    address: tuple[str, int]
    ssrc: int | None
    sound_ssrc: int | None = None
    hears: bool = False


def parse_offer(text: str, *, sends: bool = False) -> Offer:
    """The offer in `text`, of who looks or (`sends`) of who sends; Malformed when WebRTC cannot be built on it."""
    if len(text) > MAX_OFFER_BYTES or not text.startswith("v=0"):
        raise Malformed("not an offer", kind="offer")
    session, blocks = _blocks(text)
    video = next((at for at, block in enumerate(blocks) if block.kind == "video"), None)
    data = next((at for at, block in enumerate(blocks) if block.kind == "application"), None)
    audio = next((at for at, block in enumerate(blocks) if block.kind == "audio" and _sounds(block, sends)), None)
    if video is None:
        raise Malformed("the offer has no video", kind="offer")
    lines = tuple((block.kind, block.line, _mid(block)) for block in blocks)
    if len({mid for _, _, mid in lines}) != len(lines):
        raise Malformed("two lines of the offer have one name", kind="offer")
    chosen = blocks[video]
    if (chosen.get("setup") or session.get("setup")) not in ("actpass", "active"):
        raise Malformed("the browser must be able to begin", kind="offer")
    return Offer(
        lines, video, data, _fingerprint(chosen, session), _codecs(chosen), _send_time(chosen),
        next((key for key, _ in chosen.attributes if key in _DIRECTIONS), "sendrecv"),
        audio, _sounds(blocks[audio], sends) if audio is not None else (),
    )  # fmt: skip


def choose_codec(codecs: tuple[Codec, ...], profile: str | None) -> Codec | None:
    """The offered codec that fits a camera's `profile` (as in its SPS) best; the richest one while it is not known."""
    if not codecs:
        return None
    if profile is None:
        return max(codecs, key=lambda codec: int(codec.profile[:2], 16))
    same = [codec for codec in codecs if codec.profile[:4] == profile[:4]]
    richer = [codec for codec in codecs if int(codec.profile[:2], 16) >= int(profile[:2], 16)]
    return (same or sorted(richer, key=lambda codec: codec.profile[:2]) or list(codecs))[0]


def write_answer(offer: Offer, codec: Codec, ours: Ours) -> str:
    """Our answer: passive in DTLS, ICE-lite with one candidate, H.264 with NACK, PLI, FIR and REMB."""
    sound = offer.audio if ours.sound_ssrc is not None or ours.hears else None
    taken = [at for at in (offer.video, offer.data, sound) if at is not None]
    mids = " ".join(offer.lines[at][2] for at in sorted(taken))
    out = ["v=0", "o=- 1 1 IN IP4 0.0.0.0", "s=-", "t=0 0", "a=ice-lite", f"a=group:BUNDLE {mids}",
           "a=msid-semantic: WMS *"]  # fmt: skip
    for at, (kind, line, mid) in enumerate(offer.lines):
        if at == offer.video:
            out += _video(offer, codec, ours, mid)
        elif at == sound:
            out += _sound(offer, ours, mid)
        elif at == offer.data:
            out += ["m=application 9 UDP/DTLS/SCTP webrtc-datachannel", *_transport(ours), f"a=mid:{mid}",
                    "a=sctp-port:5000", "a=max-message-size:65536"]  # fmt: skip
        else:
            words = line.split(" ")
            out += [f"m={kind} 0 {words[2]} {words[3]}", "c=IN IP4 0.0.0.0", f"a=mid:{mid}", "a=inactive"]
    return "\r\n".join(out) + "\r\n"


def _video(offer: Offer, codec: Codec, ours: Ours, mid: str) -> list[str]:
    number = codec.payload_type
    lines = [f"m=video 9 UDP/TLS/RTP/SAVPF {number}", *_transport(ours), f"a=mid:{mid}", "a=rtcp-mux", "a=rtcp-rsize"]
    lines.append("a=recvonly" if ours.ssrc is None else "a=sendonly")
    if offer.send_time_id is not None and ours.ssrc is not None:
        lines.append(f"a=extmap:{offer.send_time_id} {SEND_TIME_URI}")
    lines += [f"a=rtpmap:{number} H264/90000"]
    lines += [f"a=rtcp-fb:{number} {what}" for what in ("nack", "nack pli", "ccm fir", "goog-remb")]
    lines.append(f"a=fmtp:{number} level-asymmetry-allowed=1;packetization-mode=1;profile-level-id={codec.profile}")
    if ours.ssrc is not None:
        lines += ["a=msid:camera video", f"a=ssrc:{ours.ssrc} cname:camera"]
    return lines


def _sound(offer: Offer, ours: Ours, mid: str) -> list[str]:
    """A stream of its own: in one with the video, a browser would hold the picture until its sound is there."""
    names = {codec: name for name, codec in _SOUNDS.items()}
    numbers = " ".join(str(number) for _, number in offer.sounds)
    lines = [
        f"m=audio 9 UDP/TLS/RTP/SAVPF {numbers}", *_transport(ours), f"a=mid:{mid}", "a=rtcp-mux",
        "a=recvonly" if ours.sound_ssrc is None else "a=sendonly",
        *(f"a=rtpmap:{number} {names[codec]}" for codec, number in offer.sounds),
    ]  # fmt: skip
    if ours.sound_ssrc is not None:
        lines += ["a=msid:sound audio", f"a=ssrc:{ours.sound_ssrc} cname:camera"]
    return lines


def _transport(ours: Ours) -> list[str]:
    host, port = ours.address
    family = "IP6" if ":" in host else "IP4"
    return [
        f"c=IN {family} {host}", f"a=ice-ufrag:{ours.name}", f"a=ice-pwd:{ours.password}",
        f"a=fingerprint:sha-256 {ours.fingerprint}", "a=setup:passive",
        f"a=candidate:1 1 udp 2130706431 {host} {port} typ host", "a=end-of-candidates",
    ]  # fmt: skip


def _blocks(text: str) -> tuple[_Media, list[_Media]]:
    session = _Media("", "")
    blocks: list[_Media] = []
    for line in text.splitlines():
        if line.startswith("m="):
            words = line[2:].split(" ")
            if len(words) < 4 or len(blocks) == MAX_MEDIA:
                raise Malformed("a line of the offer cannot be read", kind="offer")
            blocks.append(_Media(words[0], line[2:]))
        elif line.startswith("a="):
            name, _, value = line[2:].partition(":")
            (blocks[-1] if blocks else session).attributes.append((name, value.strip()))
    return session, blocks


def _mid(block: _Media) -> str:
    mid = block.get("mid") or ""
    words = block.line.split(" ")
    if not _MID.fullmatch(mid) or not all(re.fullmatch(r"[A-Za-z0-9/._-]{1,40}", word) for word in words[:4]):
        raise Malformed("a line of the offer cannot be read", kind="offer")
    return mid


def _fingerprint(block: _Media, session: _Media) -> bytes:
    values = [value for key, value in (*block.attributes, *session.attributes) if key == "fingerprint"]
    for value in values:
        found = _FINGERPRINT.fullmatch(value)
        if found:
            return bytes.fromhex(found.group(1).replace(":", ""))
    raise Malformed("the offer names no certificate", kind="offer")


def _codecs(block: _Media) -> tuple[Codec, ...]:
    numbers = [value.partition(" ")[0] for key, value in block.attributes
               if key == "rtpmap" and value.partition(" ")[2].upper().startswith("H264/90000")]  # fmt: skip
    found = []
    for number in numbers:
        if not number.isascii() or not number.isdigit() or not 0 < int(number) < 128:
            continue
        said = next((value.partition(" ")[2] for key, value in block.attributes
                     if key == "fmtp" and value.startswith(f"{number} ")), "")  # fmt: skip
        words = dict(part.strip().partition("=")[::2] for part in said.split(";"))
        profile = words.get("profile-level-id", "42000a").lower()
        if words.get("packetization-mode") == "1" and _PROFILE.fullmatch(profile):
            found.append(Codec(int(number), profile))
    return tuple(found)


def _sounds(block: _Media, sends: bool) -> tuple[tuple[str, int], ...]:
    """Of a line by which the browser takes sound, or sends it: each codec that we pass on, once."""
    wanted = ("sendonly" if sends else "recvonly", "sendrecv")
    if next((key for key, _ in block.attributes if key in _DIRECTIONS), "sendrecv") not in wanted:
        return ()
    found: dict[str, int] = {}
    for key, value in block.attributes:
        number, _, name = value.partition(" ")
        codec = _SOUNDS.get(name.strip().lower()) if key == "rtpmap" else None
        if codec is not None and number.isascii() and number.isdigit() and int(number) < 128:
            found.setdefault(codec, int(number))
    return tuple(found.items())


def _send_time(block: _Media) -> int | None:
    for key, value in block.attributes:
        number, _, uri = value.partition(" ")
        number = number.partition("/")[0]
        if key == "extmap" and uri == SEND_TIME_URI and number.isdigit() and 1 <= int(number) <= 14:
            return int(number)
    return None
