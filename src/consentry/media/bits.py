"""Reads a parameter set bit by bit (ITU-T H.264 7.2 and 9.1, the same in H.265)."""

from consentry.kernel.errors import Malformed
from consentry.kernel.limits import MAX_PARAMETER_SET_BYTES


class Bits:
    """The payload of a NAL unit from `skipped_bytes` on, emulation prevention taken out; Malformed at its end.

    At most `MAX_PARAMETER_SET_BYTES` are looked at: each bit costs time by what is left.
    """

    def __init__(self, nal: bytes, skipped_bytes: int) -> None:
        data = nal[skipped_bytes:MAX_PARAMETER_SET_BYTES].replace(b"\x00\x00\x03", b"\x00\x00")
        self._value = int.from_bytes(data, "big")
        self._left = 8 * len(data)

    def bits(self, count: int) -> int:
        """The next `count` bits as a number."""
        if count > self._left:
            raise Malformed("a parameter set is cut short")
        self._left -= count
        return (self._value >> self._left) & ((1 << count) - 1)

    def ue(self) -> int:
        """An unsigned Exp-Golomb number."""
        zeros = 0
        while self.bits(1) == 0:
            zeros += 1
            if zeros > 31:
                raise Malformed("not a parameter set")
        return (1 << zeros) - 1 + self.bits(zeros)

    def se(self) -> int:
        """A signed Exp-Golomb number."""
        code = self.ue()
        return (code + 1) // 2 if code & 1 else -(code // 2)
