"""Pure rules around the policy: ranking, bands, how long a grant may last, what the asker is told."""

import hashlib
from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from typing import Final

from consentry.access.policy import Rule
from consentry.access.types import Refusal
from consentry.cameras.types import Near
from consentry.kernel.clock import to_ms
from consentry.kernel.geo import Place, distance_m, sees
from consentry.kernel.limits import MAX_GRANT_MIN, MAX_INCIDENT_ACCESS_MIN, TICKET_LIFE_MS
from consentry.kernel.terms import Terms, within_hours

MAX_EVALUATED: Final = 60
NO_FURTHER_VIEW: Final = "owners_terms"
FLAG_LOOKS: Final = 3
FLAG_DAYS: Final = 30
# The rule that stands for a camera that only waits for its owner's yes.
ANSWER_RULE: Final = "camera.answer"
# What the database may still refuse when two asks meet at a cap.
PRIVATE_CAP: Final = "programme.cameras"
CITY_CAP: Final = "programme.city_cameras"


def rounded_up_m(metres: float) -> int:
    """Metres rounded up to 100, at least 100: what an opening says, so that no exact distance leaves the server."""
    return max(100, -(-int(-(-metres // 1)) // 100) * 100)


def distance_band(metres: int) -> str:
    """What an owner learns of the distance: under_200, 200_to_400 or 400_to_800."""
    if metres <= 200:
        return "under_200"
    return "200_to_400" if metres <= 400 else "400_to_800"


def rank_key(camera: Near, target: Place) -> tuple[float, float, str]:
    """Sort key: who sees the place best, then who is nearest; the id only breaks ties. Lower is better.

    By true places, not blocks: a block's cameras would all be equally near, and chance would say who is asked.
    """
    # Most are too far to see it at all: no need to reckon where they look. The metre is for the map's flatness.
    is_far = camera.away_m - camera.block_radius_m > camera.range_m + 1
    seen = 0.0 if is_far else sees(camera.place, camera.view, target)
    return (-seen, distance_m(camera.place, target), camera.id)


def fingerprint(type_code: str, place: Place | None) -> str:
    """Names what an incident's draw was made for; another place or type draws anew."""
    where = "" if place is None else f"{place.lat:.5f},{place.lon:.5f}"
    return hashlib.sha256(f"{type_code}\n{where}".encode()).hexdigest()


def grant_until(now: datetime, *, minutes: int, ends: Iterable[datetime]) -> datetime:
    """When a grant opened or extended at `now` ends: 15 min, the owner's minutes, and whatever ends earlier."""
    return min([now + timedelta(minutes=min(minutes, MAX_GRANT_MIN)), *ends])


def access_minutes(first_opened_at: datetime | None, now: datetime) -> int:
    """Whole minutes since an incident's first private look; 0 when there was none."""
    return 0 if first_opened_at is None else max(0, int((now - first_opened_at).total_seconds() // 60))


def last_moment(first_opened_at: datetime | None, now: datetime) -> datetime:
    """When all private looks of an incident end: 4 h after the first."""
    return (first_opened_at or now) + timedelta(minutes=MAX_INCIDENT_ACCESS_MIN)


def ticket_end_ms(now: datetime, until: datetime, terms: Terms | None) -> int:
    """When a ticket made at `now` ends (ms): 60 s, the session's end, or the minute in which the owner's hours end."""
    now_ms = to_ms(now)
    end_ms = min(now_ms + TICKET_LIFE_MS, to_ms(until))
    next_minute = now.replace(second=0, microsecond=0) + timedelta(minutes=1)
    if terms is not None and not within_hours(terms, next_minute):
        end_ms = min(end_ms, to_ms(next_minute))
    return end_ms


def told(failed: Iterable[str], rules: Mapping[str, Rule]) -> tuple[str, ...]:
    """The conditions that an asker is told by name: all but those of a private camera."""
    return tuple(rule for rule in failed if rule not in rules or rules[rule].scope != "camera")


def refusals(failed: Iterable[str], rules: Mapping[str, Rule]) -> tuple[Refusal, ...]:
    """`failed` in plain words, in the order of the policy."""
    order = {rule: place for place, rule in enumerate(rules)}
    named = sorted(failed, key=lambda rule: (order.get(rule, -1), rule))
    return tuple(Refusal(rule, rules[rule].text if rule in rules else BUILT_IN[rule]) for rule in named)


# Texts of what is not a rule of the policy; French and Spanish beside the rules' in policies/texts.json.
BUILT_IN: Final[Mapping[str, str]] = {
    "policy.error": "The policy could not be applied. In doubt nobody looks.",
    "policy.unreadable": "The policy is missing or broken. Nobody looks until it is put right.",
    "programme.city_cameras": "The programme's number of city cameras is not used up.",
}


def duration_bucket(seconds: float) -> str:
    """The public band of how long a look may last, as its commitment says it."""
    return "up_to_5_min" if seconds <= 300 else "up_to_15_min"
