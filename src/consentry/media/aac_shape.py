"""AudioSpecificConfig of AAC-LC, and nothing more of AAC: we carry it, we never decode it (ISO/IEC 14496-3)."""

from dataclasses import dataclass

from consentry.kernel.errors import Malformed

FRAME_SAMPLES = 1_024
MAX_CONFIG_BYTES = 64
_LC = 2
_LEAST_RATE = 2  # 64 kHz: what MP4 can name in 16 bits
_RATES_HZ = (96_000, 88_200, 64_000, 48_000, 44_100, 32_000, 24_000, 22_050, 16_000, 12_000, 11_025, 8_000, 7_350)


@dataclass(frozen=True, slots=True)
class AacShape:
    """Samples per second, and 1 or 2 channels."""

    rate_hz: int
    channels: int


def read_config(config: bytes) -> AacShape:
    """What `config` says; Malformed when it is not AAC-LC of one of the usual rates, mono or stereo, 1,024 samples."""
    if not 2 <= len(config) <= MAX_CONFIG_BYTES:
        raise Malformed("an AudioSpecificConfig has 2 to 64 bytes")
    bits = config[0] << 8 | config[1]
    kind, rate, channels, is_short = bits >> 11, bits >> 7 & 15, bits >> 3 & 15, bits >> 2 & 1
    if kind != _LC or not _LEAST_RATE <= rate < len(_RATES_HZ) or channels not in (1, 2) or is_short:
        raise Malformed("not AAC-LC, mono or stereo")
    return AacShape(_RATES_HZ[rate], channels)
