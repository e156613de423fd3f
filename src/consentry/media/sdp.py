"""The little of SDP that an RTSP camera needs: its pictures and its sound (RFC 4566, 6184, 7798, 3640)."""

import base64
import binascii
from dataclasses import dataclass
from urllib.parse import urlsplit

from consentry.kernel.errors import Malformed
from consentry.media import h264, h265
from consentry.media.aac_shape import read_config
from consentry.media.coding import CODINGS
from consentry.media.units import SourceFault

# Sound that goes on as it is, by WebRTC: rtpmap → codec, RTP clock. The first two need no rtpmap (RFC 3551).
_PASSED_ON = {
    "PCMU/8000": ("pcmu", 8_000), "PCMU/8000/1": ("pcmu", 8_000), "PCMA/8000": ("pcma", 8_000),
    "PCMA/8000/1": ("pcma", 8_000), "OPUS/48000/2": ("opus", 48_000),
}  # fmt: skip
_STATIC = {"0": "PCMU/8000", "8": "PCMA/8000"}
_MOST_FORMATS = 16
# rtpmap → codec, and the parameters that hold its parameter sets. H.264 is taken where both are offered.
_VIDEO = {
    "H264": ("h264", ("sprop-parameter-sets",)), "H265": ("h265", ("sprop-vps", "sprop-sps", "sprop-pps")),
}  # fmt: skip
# How frames lie in a packet: the only mode that cameras use.
_HBR = {"mode": "AAC-hbr", "sizelength": "13", "indexlength": "3", "indexdeltalength": "3"}


@dataclass(frozen=True, slots=True)
class VideoTrack:
    """`payload_type` of its RTP, `control` as written in the SDP, `parameter_sets`: if the SDP has them.

    `codec`: `h264` or `h265`.
    """

    payload_type: int
    control: str
    parameter_sets: tuple[bytes, ...]
    codec: str = "h264"


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


def find_video(sdp: str) -> VideoTrack:
    """The first H.264 track, else the first of H.265; SourceFault `no-video` with a reason when there is neither."""
    found: dict[str, VideoTrack] = {}
    names: list[str] = []
    for media in _blocks(sdp, "video"):
        for line in media:
            if line.startswith("a=rtpmap:"):
                number, _, rest = line[9:].partition(" ")
                name = rest.partition("/")[0].upper()
                names.append(name)
                if name in _VIDEO and number.isascii() and number.isdigit() and name not in found:
                    sets = _parameter_sets(media, number, name)
                    found[name] = VideoTrack(int(number), _attribute(media, "control"), sets, _VIDEO[name][0])
    for name in _VIDEO:
        if name in found:
            return found[name]
    if names:
        raise SourceFault("no-video", f"the camera offers {', '.join(names)}; choose its H.264 or H.265 stream")
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


def write_video(parameter_sets: tuple[bytes, ...], codec: str, *, payload_type: int, control: str) -> str:
    """An SDP with one track of H.264 or H.265."""
    write = _h264_parameters if codec == "h264" else _h265_parameters
    lines = [
        "v=0", "o=- 0 0 IN IP4 127.0.0.1", "s=Consentry", "c=IN IP4 0.0.0.0", "t=0 0",
        f"m=video 0 RTP/AVP {payload_type}", f"a=rtpmap:{payload_type} {codec.upper()}/90000",
        f"a=fmtp:{payload_type} {write(parameter_sets)}", f"a=control:{control}",
    ]  # fmt: skip
    return "\r\n".join(lines) + "\r\n"


def _h264_parameters(parameter_sets: tuple[bytes, ...]) -> str:
    sps = next((nal for nal in parameter_sets if h264.nal_kind(nal) == h264.SPS), None)
    if sps is None:
        return "packetization-mode=1"
    sprop = ",".join(base64.b64encode(nal).decode() for nal in parameter_sets)
    return f"packetization-mode=1; profile-level-id={sps[1:4].hex().upper()}; sprop-parameter-sets={sprop}"


def _h265_parameters(parameter_sets: tuple[bytes, ...]) -> str:
    names = {h265.VPS: "vps", h265.SPS: "sps", h265.PPS: "pps"}
    said = [f"sprop-{names[h265.nal_kind(nal)]}={base64.b64encode(nal).decode()}" for nal in parameter_sets]
    return "; ".join(said or ["tx-mode=SRST"])


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


def _parameter_sets(media: list[str], number: str, name: str) -> tuple[bytes, ...]:
    codec, wanted = _VIDEO[name]
    given = {key.lower(): value for key, value in _parameters(media, number)}
    nals = [nal for key in wanted for nal in _decode_sets(given.get(key, ""))]
    return CODINGS[codec].sets_in(nals)


def _parameters(media: list[str], number: str) -> list[tuple[str, str]]:
    lines = (line for line in media if line.startswith(f"a=fmtp:{number} "))
    parts = (part.strip().partition("=") for line in lines for part in line.partition(" ")[2].split(";"))
    return [(name, value) for name, _, value in parts]


def _decode_sets(value: str) -> tuple[bytes, ...]:
    try:
        nals = [base64.b64decode(part + "=" * (-len(part) % 4)) for part in value.split(",")]
    except binascii.Error:
        return ()  # the sets may still come in band
    return tuple(nal for nal in nals if nal)
