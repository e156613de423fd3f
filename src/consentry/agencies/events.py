"""What agencies announces, inside the transaction that made it true."""

from dataclasses import dataclass

from consentry.kernel.ids import ProgrammeId


@dataclass(frozen=True)
class ProgrammeEnded:
    """Nothing may be looked at under it any more: it ended, or was suspended."""

    programme: ProgrammeId


@dataclass(frozen=True)
class ProgrammeChanged:
    """It came into another state, or its papers or figures changed."""

    programme: ProgrammeId
