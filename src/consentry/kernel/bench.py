"""The form of a benchmark's result (docs/design/benchmarks.md)."""

import os
import platform
from dataclasses import asdict, dataclass, field
from typing import Any


def this_machine() -> str:
    """Processor, cores and Python of this machine, for the record."""
    return f"{platform.machine()}, {os.cpu_count()} cores, {platform.system()}, Python {platform.python_version()}"


@dataclass(frozen=True)
class Result:
    """One benchmark: the median `value` of at least 3 `rounds` in `unit`; `reference`: name and value in the same run.

    `ratio` is as the table says (None without a reference); `met` compares with `target`, both in words there.
    """

    name: str
    value: float
    unit: str
    reference: tuple[str, float] | None
    ratio: float | None
    target: str
    met: bool
    rounds: tuple[float, ...]
    machine: str = field(default_factory=this_machine)

    @classmethod
    def from_json(cls, said: dict[str, Any]) -> "Result":
        """What `as_json` made; ValueError when it is something else."""
        try:
            reference = said["reference"] and (str(said["reference"]["name"]), float(said["reference"]["value"]))
            return cls(**{**said, "reference": reference, "rounds": tuple(said["rounds"])})
        except (KeyError, TypeError) as error:
            raise ValueError("not a benchmark's result") from error

    def as_json(self) -> dict[str, object]:
        """The dictionary that `consentry bench --json` prints."""
        said = asdict(self)
        said["reference"] = (
            None if self.reference is None else dict(zip(("name", "value"), self.reference, strict=True))
        )
        return said
