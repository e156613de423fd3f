"""Pure decisions: how often one may post, what is a repetition, what a pseudonym is, whom a change is told to."""

import hashlib
import hmac
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from consentry.kernel.errors import Conflict, LimitReached, Refused
from consentry.kernel.limits_residents import (
    ALERTS_PER_DAY,
    NEW_NEIGHBOR_DAYS,
    NEW_NEIGHBOR_POSTS_PER_DAY,
    POSTS_PER_CELL_AND_HOUR,
    POSTS_PER_DAY,
)
from consentry.neighbors.profiling import profiling_in
from consentry.neighbors.text import is_alike
from consentry.neighbors.types import URGENT, PostCategory

DAY, HOUR = timedelta(days=1), timedelta(hours=1)
_NAMES = (
    "Acacia", "Alder", "Almond", "Apple", "Ash", "Aspen", "Bamboo", "Basil", "Bay", "Beech", "Birch", "Bracken",
    "Bramble", "Broom", "Cedar", "Cherry", "Chestnut", "Clover", "Cypress", "Dahlia", "Daisy", "Elder", "Elm", "Fern",
    "Fig", "Fir", "Ginkgo", "Hazel", "Heather", "Hibiscus", "Holly", "Hornbeam", "Iris", "Ivy", "Jasmine", "Juniper",
    "Larch", "Laurel", "Lavender", "Lilac", "Lily", "Lime", "Linden", "Lotus", "Magnolia", "Mallow", "Maple", "Mimosa",
    "Mint", "Myrtle", "Oak", "Olive", "Orchid", "Palm", "Peony", "Pine", "Plum", "Poplar", "Poppy", "Rose", "Rowan",
    "Sage", "Tulip", "Willow",
)  # fmt: skip


@dataclass(frozen=True)
class Recent:
    """What the author did lately: when they joined, and the times of their posts and urgent posts of the last day."""

    joined_at: datetime
    posts: int
    urgent: int
    in_cell: int


def is_new(joined_at: datetime, now: datetime) -> bool:
    """Is this account so young that it may do less?"""
    return now - joined_at < timedelta(days=NEW_NEIGHBOR_DAYS)


def check_rate(recent: Recent, *, is_urgent: bool, now: datetime) -> None:
    """Refuse too much: LimitReached (`posts-per-day`, `alerts-per-day`, `posts-in-cell`), Refused (`new-neighbor`)."""
    young = is_new(recent.joined_at, now)
    most = NEW_NEIGHBOR_POSTS_PER_DAY if young else POSTS_PER_DAY
    if recent.posts >= most:
        raise LimitReached(f"at most {most} posts in 24 hours", kind="posts-per-day")
    if is_urgent and now - recent.joined_at < DAY:
        raise Refused("an account wakes nobody in its first 24 hours", kind="new-neighbor")
    if is_urgent and recent.urgent >= ALERTS_PER_DAY:
        raise LimitReached(f"at most {ALERTS_PER_DAY} alerts in 24 hours", kind="alerts-per-day")
    if recent.in_cell >= POSTS_PER_CELL_AND_HOUR:
        raise LimitReached("there is too much at once in this quarter; please wait a little", kind="posts-in-cell")


def check_words(text: str) -> None:
    """Refused (`profiling`) with what was found as condition: such a post is explained, never kept."""
    found = profiling_in(text)
    if found is not None:
        raise Refused("say what was done, not what somebody is", kind="profiling", conditions=(found,))


def check_urgent(category: PostCategory, *, is_urgent: bool) -> None:
    """Refused (`not-urgent`) for a category that wakes nobody."""
    if is_urgent and category not in URGENT:
        raise Refused("only crime, hazard and safety wake neighbours at once", kind="not-urgent")


def check_repeated(text: frozenset[str], others: Sequence[frozenset[str]]) -> None:
    """Conflict (`repeated`) when a text like this one stands there already."""
    if any(is_alike(text, other) for other in others):
        raise Conflict("this was posted already: add to it, or correct it", kind="repeated")


def pseudonym(key: bytes, person: str, post: str) -> str:
    """The name of `person` in the thread of `post`, for example `Willow 27`; in another thread they have another.

    Two threads can therefore not be told to be of one author, and nobody's posts can be listed.
    """
    seed = hmac.digest(key, f"{person}\n{post}".encode(), hashlib.sha256)
    return f"{_NAMES[seed[0] % len(_NAMES)]} {int.from_bytes(seed[1:3], 'big') % 900 + 100}"


def commitment(salt: bytes, record: bytes) -> bytes:
    """SHA-256 of `salt` ‖ `record`: what the log says of a removed post."""
    return hashlib.sha256(salt + record).digest()
