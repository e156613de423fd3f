"""Which policy is in force, and how another one comes: published 72 h ahead, in the ledger, then by the clock alone.

The file in `policies/` is what a city votes on. A file that is broken closes everything until it is put right, though
the database still holds the last good one: somebody meant to change the rules, and nobody can say to what.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import lru_cache
from pathlib import Path

from django.db import transaction

from consentry.access.models import PolicyVersion
from consentry.access.policy import Policy, hash_of, load_policy
from consentry.kernel.clock import to_ms
from consentry.kernel.errors import Conflict, Malformed
from consentry.kernel.limits import POLICY_NOTICE_H
from consentry.ledger import services as ledger

FOLDER = Path(__file__).resolve().parents[3] / "policies"


@dataclass(frozen=True)
class PolicyFile:
    """The two texts of a policy as they lie in the folder."""

    cedar: str
    schema: str


def read_folder(folder: Path = FOLDER) -> PolicyFile:
    """The folder's policy, checked; Malformed (`policy-broken`) when it is missing or broken."""
    try:
        found = PolicyFile((folder / "access.cedar").read_text(), (folder / "access.cedarschema").read_text())
    except (OSError, UnicodeDecodeError) as error:
        raise Malformed("the policy file cannot be read", kind="policy-broken") from error
    load_policy(found.cedar, found.schema)
    return found


def adopt_folder(*, now: datetime, folder: Path = FOLDER) -> PolicyVersion | None:
    """Publish the folder's policy if it is not the newest published one (at each start). None when nothing changed.

    The very first takes effect at once; every other one after 72 h. Malformed when the file is broken.
    """
    found = read_folder(folder)
    newest = PolicyVersion.objects.order_by("-id").first()
    if newest is not None and newest.cedar == found.cedar:
        return None
    return publish_policy(found, now=now)


@transaction.atomic
def publish_policy(found: PolicyFile, *, now: datetime, emergency: bool = False) -> PolicyVersion:
    """Publish a policy and write `policy.change`. `emergency`: a tightening that must hold at once (an adder of
    conditions only; Conflict when it drops or rewrites one).
    """
    policy = load_policy(found.cedar, found.schema)
    newest = PolicyVersion.objects.select_for_update().order_by("-id").first()
    if emergency and newest is not None and not only_adds(load_policy(newest.cedar, newest.schema), policy):
        raise Conflict("an emergency may only add conditions", kind="policy-loosens")
    at_once = newest is None or emergency
    row = PolicyVersion.objects.create(
        sha256=policy.sha256, cedar=found.cedar, schema=found.schema, published_at=now, emergency=emergency,
        effective_at=now if at_once else now + timedelta(hours=POLICY_NOTICE_H),
    )  # fmt: skip
    fields: dict[str, str | int] = {
        "policy_sha256": policy.sha256, "effective_at": to_ms(row.effective_at), "emergency": int(emergency),
    }  # fmt: skip
    ledger.append("policy.change", fields, key=f"policy:{row.pk}")
    return row


def in_force(now: datetime, folder: Path | None = None) -> Policy | None:
    """The policy that decides at `now`; None (which denies all) when none is published, or a text is broken."""
    row = find_version(now)
    if row is None or not _is_sound(folder or FOLDER):
        return None
    try:
        return load_policy(row.cedar, row.schema) if hash_of(row.cedar) == row.sha256 else None
    except Malformed:
        return None


def find_version(now: datetime) -> PolicyVersion | None:
    """The newest published policy whose time has come."""
    return PolicyVersion.objects.filter(effective_at__lte=now).order_by("-effective_at", "-id").first()


def only_adds(old: Policy, new: Policy) -> bool:
    """Does `new` keep the text of `old` to the letter and only add conditions (forbid)?"""
    added = [rule for name, rule in new.rules.items() if name not in old.rules]
    return new.cedar.startswith(old.cedar) and all(rule.kind == "forbid" for rule in added)


def _is_sound(folder: Path) -> bool:
    """Is the file on disk readable and whole? Looked at again only when it changes."""
    try:
        stamps = tuple((folder / name).stat().st_mtime_ns for name in ("access.cedar", "access.cedarschema"))
    except OSError:
        return False
    return _is_sound_at(folder, stamps)


@lru_cache(maxsize=64)
def _is_sound_at(folder: Path, _stamps: tuple[int, ...]) -> bool:
    try:
        read_folder(folder)
    except Malformed:
        return False
    return True
