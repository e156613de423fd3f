"""The little of SDP that an RTSP camera needs: its first H.264 and AAC tracks (RFC 4566, RFC 6184, RFC 3640)."""

import base64
import binascii
from dataclasses import dataclass
from urllib.parse import urlsplit

from consentry.kernel.errors import Malformed
from consentry.media.aac_shape import read_config
from consentry.media.units import SourceFault

# Sound that goes on as it is, by WebRTC: rtpmap → codec, RTP clock. The first two need no rtpmap (RFC 3551).
_PASSED_ON = {
    "PCMU/8000": ("pcmu", 8_000), "PCMU/8000/1": ("pcmu", 8_000), "PCMA/8000": ("pcma", 8_000),
    "PCMA/8000/1": ("pcma", 8_000), "OPUS/48000/2": ("opus", 48_000),
}  # fmt: skip
_STATIC = {"0": "PCMU/8000", "8": "PCMA/8000"}
_MOST_FORMATS = 16
_SPROP = "sprop-parameter-sets"
# How frames lie in a packet: the only mode that cameras use.
_HBR = {"mode": "AAC-hbr", "sizelength": "13", "indexlength": "3", "indexdeltalength": "3"}


@dataclass(frozen=True, slots=True)
class VideoTrack:
    """`payload_type` of its RTP, `control` as written in the SDP, `parameter_sets`: SPS and PPS if the SDP has them."""

    payload_type: int
    control: str
    parameter_sets: tuple[bytes, ...]


@dataclass(frozen=True, slots=True)
class SoundTrack:
    """`codec`: `aac` (`mpeg4-generic`; `config` is its AudioSpecificConfig), `pcma`, `pcmu` or `opus`.

    `rate_hz`: of its RTP clock.
    """

    payload_type: int
    control: str
    codec: str
    rate_hz: int
    config: bytes = b""


def find_h264(sdp: str) -> VideoTrack:
    """The first H.264 track; SourceFault `no-video` with a reason when there is none."""
    codecs: list[str] = []
    for media in _blocks(sdp, "video"):
        for line in media:
            if line.startswith("a=rtpmap:"):
                number, _, rest = line[9:].partition(" ")
                codec = rest.partition("/")[0].upper()
                codecs.append(codec)
                if codec == "H264" and number.isdigit():
                    return VideoTrack(int(number), _attribute(media, "control"), _parameter_sets(media, number))
    if codecs:
        raise SourceFault("no-video", f"the camera offers {', '.join(codecs)}; choose its H.264 stream")
    raise SourceFault("no-video", "the camera offers no video")


def find_sound(sdp: str) -> SoundTrack | None:
    """The sound that we can carry: AAC (RFC 3640, AAC-hbr) first, else G.711 or Opus; None without. Never a fault."""
    found = [track for media in _blocks(sdp, "audio") for track in _sound_tracks(media)]
    return next((track for track in found if track.codec == "aac"), found[0] if found else None)


def _sound_tracks(media: list[str]) -> list[SoundTrack]:
    found = []
    formats = media[0].split(" ")[3:]
    maps = dict(_STATIC) | dict(line[9:].partition(" ")[::2] for line in media if line.startswith("a=rtpmap:"))
    for number in formats[:_MOST_FORMATS]:
        name = maps.get(number, "").upper()
        if not number.isascii() or not number.isdigit():
            continue
        if name.startswith("MPEG4-GENERIC/"):
            track = _aac_track(media, number)
            found += [track] if track is not None else []
        elif name in _PASSED_ON:
            codec, rate_hz = _PASSED_ON[name]
            found.append(SoundTrack(int(number), _attribute(media, "control"), codec, rate_hz))
    return found


def write_aac(config: bytes, *, payload_type: int, control: str) -> str:
    """The lines of one AAC track, to stand after those of the video; Malformed when `config` is not AAC-LC."""
    shape = read_config(config)
    fmtp = ";".join(f"{name}={value}" for name, value in _HBR.items())
    lines = [
        f"m=audio 0 RTP/AVP {payload_type}",
        f"a=rtpmap:{payload_type} mpeg4-generic/{shape.rate_hz}/{shape.channels}",
        f"a=fmtp:{payload_type} streamtype=5;profile-level-id=1;{fmtp};config={config.hex()}", f"a=control:{control}",
    ]  # fmt: skip
    return "\r\n".join(lines) + "\r\n"


def write_g711(codec: str, *, control: str) -> str:
    """The lines of one G.711 track (`pcma` or `pcmu`), to stand after those of the video."""
    number = 8 if codec == "pcma" else 0
    lines = [f"m=audio 0 RTP/AVP {number}", f"a=rtpmap:{number} {codec.upper()}/8000", f"a=control:{control}"]
    return "\r\n".join(lines) + "\r\n"


def write_h264(parameter_sets: tuple[bytes, ...], *, payload_type: int, control: str) -> str:
    """An SDP with one H.264 track."""
    fmtp = f"a=fmtp:{payload_type} packetization-mode=1"
    sps = next((nal for nal in parameter_sets if nal[0] & 31 == 7), None)
    if sps:
        sprop = ",".join(base64.b64encode(nal).decode() for nal in parameter_sets)
        fmtp += f"; profile-level-id={sps[1:4].hex().upper()}; sprop-parameter-sets={sprop}"
    lines = [
        "v=0", "o=- 0 0 IN IP4 127.0.0.1", "s=Consentry", "c=IN IP4 0.0.0.0", "t=0 0",
        f"m=video 0 RTP/AVP {payload_type}", f"a=rtpmap:{payload_type} H264/90000", fmtp, f"a=control:{control}",
    ]  # fmt: skip
    return "\r\n".join(lines) + "\r\n"


def control_url(base: str, control: str) -> str:
    """The address of a track: `control` as it is when absolute, else joined to `base` the way cameras expect."""
    if control in ("", "*"):
        return base
    if urlsplit(control).scheme in ("rtsp", "rtsps"):
        return control
    return base + control if base.endswith("/") else f"{base}/{control}"


def _aac_track(media: list[str], number: str) -> SoundTrack | None:
    given = {name.lower(): value for name, value in _parameters(media, number)}
    if any(given.get(name, "").lower() != value.lower() for name, value in _HBR.items()):
        return None
    try:
        config = bytes.fromhex(given.get("config", ""))
        return SoundTrack(int(number), _attribute(media, "control"), "aac", read_config(config).rate_hz, config)
    except (ValueError, Malformed):
        return None


def _blocks(sdp: str, kind: str) -> list[list[str]]:
    blocks: list[list[str]] = []
    inside = False
    for line in sdp.splitlines():
        if line.startswith("m="):
            inside = line.startswith(f"m={kind} ")
            if inside:
                blocks.append([])
        if inside:
            blocks[-1].append(line.strip())
    return blocks


def _attribute(media: list[str], name: str) -> str:
    return next((line.partition(":")[2].strip() for line in media if line.startswith(f"a={name}:")), "")


def _parameter_sets(media: list[str], number: str) -> tuple[bytes, ...]:
    return next((_decode_sets(value) for name, value in _parameters(media, number) if name == _SPROP), ())


def _parameters(media: list[str], number: str) -> list[tuple[str, str]]:
    lines = (line for line in media if line.startswith(f"a=fmtp:{number} "))
    parts = (part.strip().partition("=") for line in lines for part in line.partition(" ")[2].split(";"))
    return [(name, value) for name, _, value in parts]


def _decode_sets(value: str) -> tuple[bytes, ...]:
    try:
        nals = [base64.b64decode(part + "=" * (-len(part) % 4)) for part in value.split(",")]
    except binascii.Error:
        return ()  # the sets may still come in band
    return tuple(nal for nal in nals if nal and nal[0] & 31 in (7, 8))
