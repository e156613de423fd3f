"""Jurisdiction profiles: lawful basis, longest retention, who may run it, what the sign says."""

from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True)
class Profile:
    """One profile. `max_retention_days` bounds every programme under it; `sign` is the printed sign's text (en)."""

    lawful_basis: str
    max_retention_days: int
    run_by: str
    sign: str


PROFILES: Final[dict[str, Profile]] = {
    "us_city": Profile(
        "Ordinance or council vote; consent of the owner of each camera",
        30,
        "A police department or public safety agency of the city",
        "Cameras here may be viewed by police, for minutes, when a crime is reported nearby.",
    ),
    # Code de la sécurité intérieure L. 252-3: at most one month; Directive (EU) 2016/680 for the purposes.
    "eu": Profile(
        "National law under Directive (EU) 2016/680; authorisation of the prefect or its like; consent of the owner",
        30,
        "A competent authority under Directive (EU) 2016/680",
        "Video protection: police may view cameras here, for minutes, when an offence is reported nearby.",
    ),
}
