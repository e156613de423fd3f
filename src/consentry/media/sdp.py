"""The little of SDP that an RTSP camera needs: its first H.264 track (RFC 4566, RFC 6184)."""

import base64
import binascii
from dataclasses import dataclass
from urllib.parse import urlsplit

from consentry.media.units import SourceFault


@dataclass(frozen=True, slots=True)
class VideoTrack:
    """`payload_type` of its RTP, `control` as written in the SDP, `parameter_sets`: SPS and PPS if the SDP has them."""

    payload_type: int
    control: str
    parameter_sets: tuple[bytes, ...]


def find_h264(sdp: str) -> VideoTrack:
    """The first H.264 track; SourceFault `no-video` with a reason when there is none."""
    codecs: list[str] = []
    for media in _video_blocks(sdp):
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


def _video_blocks(sdp: str) -> list[list[str]]:
    blocks: list[list[str]] = []
    inside = False
    for line in sdp.splitlines():
        if line.startswith("m="):
            inside = line.startswith("m=video")
            if inside:
                blocks.append([])
        if inside:
            blocks[-1].append(line.strip())
    return blocks


def _attribute(media: list[str], name: str) -> str:
    return next((line.partition(":")[2].strip() for line in media if line.startswith(f"a={name}:")), "")


def _parameter_sets(media: list[str], number: str) -> tuple[bytes, ...]:
    for line in media:
        if not line.startswith(f"a=fmtp:{number} "):
            continue
        for parameter in line.partition(" ")[2].split(";"):
            name, _, value = parameter.strip().partition("=")
            if name == "sprop-parameter-sets":
                return _decode_sets(value)
    return ()


def _decode_sets(value: str) -> tuple[bytes, ...]:
    try:
        nals = [base64.b64decode(part + "=" * (-len(part) % 4)) for part in value.split(",")]
    except binascii.Error:
        return ()  # the sets may still come in band
    return tuple(nal for nal in nals if nal and nal[0] & 31 in (7, 8))
