"""Programmes as code: what a city may start from, and may only tighten without a vote."""

from dataclasses import dataclass
from typing import Final

from consentry.kernel.limits import DEFAULT_DISTANCE_M

# APCO common incident types that may open a private camera (docs/design/access.md); everything else is no.
ELIGIBLE_TYPES: Final = (
    "ABDUCTF", "ABDUCTNF", "ACTSHOOT", "ASSAULT", "BURGLARY", "CARJACK", "EXPLOS", "FSTRU", "HOMICIDE", "HOSTAGE",
    "MVAHR", "PERMISS", "PROW", "ROBBERY", "SEXOFFNS", "SHOOT", "STABBING", "VEHSTLN", "WEAPON",
)  # fmt: skip


@dataclass(frozen=True)
class Preset:
    """The figures of a preset. `term_days`: longest time from start to end without another vote."""

    name: str
    term_days: int
    tiers: tuple[str, ...]
    city_camera_cap: int
    private_camera_cap: int
    call_types: tuple[str, ...]
    max_distance_m: int
    retention_days: int


PRESETS: Final[dict[str, Preset]] = {
    # The pilot that Jackson, Mississippi, announced in 2020: 45 days, five city and five private cameras.
    "jackson_pilot": Preset(
        "Jackson pilot", 45, ("registry", "request", "live"), 5, 5, ELIGIBLE_TYPES, DEFAULT_DISTANCE_M, 30
    ),
    "registry_only": Preset("Registry only", 365, ("registry",), 0, 0, (), DEFAULT_DISTANCE_M, 0),
    "requests_only": Preset("Requests only", 365, ("registry", "request"), 0, 0, (), DEFAULT_DISTANCE_M, 30),
}
