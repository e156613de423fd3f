"""The sound of a stream that the helper takes apart: which track, and each packet as a piece that can be played on.

Runs in the helper. Nothing is decoded: AAC loses its ADTS header (ISO/IEC 13818-7), G.711 and Opus go on as they are.
"""

from typing import TYPE_CHECKING

from consentry.kernel.errors import Malformed
from consentry.kernel.limits import MAX_SOUND_BYTES
from consentry.media.sound_box import SoundPiece, pack_sound

if TYPE_CHECKING:
    import av.container
    from av.audio.stream import AudioStream

# FFmpeg's name → ours; AAC first, since it is heard where pictures come by WebSocket.
_CODECS = {"aac": "aac", "opus": "opus", "pcm_alaw": "pcma", "pcm_mulaw": "pcmu"}
_ADTS = 0xFFF
_G711_RATE_HZ = 8_000


def choose_sound(opened: "av.container.InputContainer") -> "AudioStream | None":
    """The track that is heard; None without one that a browser plays as it is."""
    for name in _CODECS:
        for track in opened.streams.audio:
            if track.codec_context.name == name and _is_usual(track):
                return track
    return None


def box_of(track: "AudioStream", packet: bytes) -> bytes | None:
    """A packet of `track` as in `sound_box`; None for one that is no sound of ours."""
    codec = _CODECS[track.codec_context.name]
    try:
        if codec == "aac":
            config = bytes(track.codec_context.extradata or b"")
            config, packet = (config, packet) if config else read_adts(packet)
            box = pack_sound(SoundPiece("aac", packet, config))
        else:
            box = pack_sound(SoundPiece(codec, packet))
    except Malformed:
        return None
    return box if len(box) <= MAX_SOUND_BYTES else None


def read_adts(packet: bytes) -> tuple[bytes, bytes]:
    """(AudioSpecificConfig, frame) of one ADTS frame; Malformed when it is none, or holds more than one block."""
    if len(packet) < 8 or packet[0] << 4 | packet[1] >> 4 != _ADTS or packet[6] & 3:
        raise Malformed("not one ADTS frame")
    head_bytes = 7 if packet[1] & 1 else 9
    size_bytes = (packet[3] & 3) << 11 | packet[4] << 3 | packet[5] >> 5
    if size_bytes != len(packet):
        raise Malformed("an ADTS frame says another length")
    kind, rate = (packet[2] >> 6) + 1, packet[2] >> 2 & 15
    channels = (packet[2] & 1) << 2 | packet[3] >> 6
    return (kind << 11 | rate << 7 | channels << 3).to_bytes(2, "big"), packet[head_bytes:]


def _is_usual(track: "AudioStream") -> bool:
    """G.711 is named in WebRTC with 8,000 samples a second and one channel only."""
    codec = track.codec_context
    return not codec.name.startswith("pcm") or (codec.sample_rate == _G711_RATE_HZ and codec.channels == 1)
