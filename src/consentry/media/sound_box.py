"""A piece of sound as bytes, for another process: codec, configuration, data. Read as from a stranger.

offset  bytes  field
     0      1  codec: 1 AAC, 2 A-law, 3 µ-law, 4 Opus
     1      1  length of the configuration, n; 0 for all but AAC
     2      n  configuration (AudioSpecificConfig)
   2+n      …  the coded piece
"""

from dataclasses import dataclass

from consentry.kernel.errors import Malformed
from consentry.media.aac_shape import read_config

_CODECS = ("aac", "pcma", "pcmu", "opus")


@dataclass(frozen=True, slots=True)
class SoundPiece:
    """`codec`, `config` and `data` as in `SoundUnit`; checked when it is made: Malformed for what no player knows."""

    codec: str
    data: bytes
    config: bytes = b""

    def __post_init__(self) -> None:
        if self.codec not in _CODECS or not self.data:
            raise Malformed("a piece of sound is empty, or of no known codec")
        if self.codec == "aac":
            read_config(self.config)
        elif self.config:
            raise Malformed("only AAC has a configuration")


def pack_sound(piece: SoundPiece) -> bytes:
    """The bytes of `piece`."""
    return bytes((_CODECS.index(piece.codec) + 1, len(piece.config))) + piece.config + piece.data


def read_sound(box: bytes) -> SoundPiece:
    """The piece in `box`; Malformed when it is none."""
    if len(box) < 3 or not 1 <= box[0] <= len(_CODECS):
        raise Malformed("not sound of a known codec")
    return SoundPiece(_CODECS[box[0] - 1], box[2 + box[1] :], box[2 : 2 + box[1]])
