"""Which states follow which, and what `active` needs. Pure; the database holds the same lines (migration 0002)."""

from datetime import datetime
from typing import Final

from consentry.agencies.jurisdictions import PROFILES
from consentry.agencies.types import Programme, State

NEXT: Final[dict[State, frozenset[State]]] = {
    State.DRAFT: frozenset({State.COMMENT}),
    State.COMMENT: frozenset({State.DRAFT, State.PUBLISHED}),
    State.PUBLISHED: frozenset({State.DRAFT, State.ACTIVE}),
    State.ACTIVE: frozenset({State.ENDED, State.SUSPENDED}),
    State.SUSPENDED: frozenset({State.ACTIVE, State.ENDED}),
    State.ENDED: frozenset(),
}
CONTACTS: Final = ("programme", "privacy", "complaints")


def may_follow(before: State, after: State) -> bool:
    """Is `after` a step that leads on from `before`?"""
    return after in NEXT[before]


def missing_for_active(programme: Programme, areas_out: frozenset[str], now: datetime) -> tuple[str, ...]:
    """What `programme` still lacks to be active, by name; empty when nothing."""
    wants = {
        "impact-report": not programme.impact_report_sha256,
        "use-policy": not programme.use_policy_sha256,
        "vote": programme.vote is None,
        "dates": programme.starts_at is None or programme.ends_at is None,
        "end-in-the-future": programme.ends_at is not None and programme.ends_at <= now,
        "vote-allows-the-end": _beyond_vote(programme),
        "contacts": not all(programme.contacts.get(name) for name in CONTACTS),
        "area-voted-out": bool(areas_out) and not _leaves_out(programme.area_cells, areas_out),
        "retention-of-jurisdiction": programme.retention_days > PROFILES[programme.jurisdiction].max_retention_days,
    }
    return tuple(name for name, is_missing in wants.items() if is_missing)


def _beyond_vote(programme: Programme) -> bool:
    if programme.vote is None or programme.ends_at is None:
        return False
    return programme.ends_at > programme.vote.allows_until


def _leaves_out(area_cells: frozenset[str], areas_out: frozenset[str]) -> bool:
    """The whole city (no cells named) covers every area that voted itself out."""
    return bool(area_cells) and not area_cells & areas_out
