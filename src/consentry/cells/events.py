"""What cells announces."""

from dataclasses import dataclass


@dataclass(frozen=True)
class PartitionFrozen:
    """A city has a new partition: whoever keeps cells looks them up again."""

    city: str
