"""The only writer of the inbox: append, commit a look, and later reveal it."""

import secrets
from collections.abc import Mapping
from datetime import datetime, timedelta

from django.db import connection, transaction

from consentry.kernel.canonical import to_b64
from consentry.kernel.clock import from_ms, to_ms, utc_now
from consentry.kernel.errors import Conflict, Malformed, NotFound
from consentry.kernel.limits import MAX_ENTRY_BYTES
from consentry.kernel.opening import PUBLIC_FIELDS, SALT_BYTES, commit_entry, commit_of, inner_hash
from consentry.ledger.inbox_sql import INSERT_ENTRY
from consentry.ledger.kinds import KINDS, make_entry
from consentry.ledger.models import LookRecord
from consentry.ledger.rules import KEEP_AT_LEAST, REVEAL_AFTER, duration_bucket
from consentry.ledger.types import CommittedLook, LookEnd, Receipt


def append(kind: str, fields: Mapping[str, str | int], *, key: str) -> Receipt:
    """Put one entry in the inbox, in the caller's transaction; it is integrated if and only if that commits.

    Args:
        kind: one of `kinds.KINDS`; `fields` are exactly those that it lists.
        key: unique for ever. The same key again changes nothing and returns a receipt with `is_new` False.

    Raises:
        Malformed: unknown kind or other fields.
    """
    t_ms = to_ms(utc_now())
    return append_raw(make_entry(kind, fields, t_ms=t_ms), kind=kind, key=key, t_ms=t_ms)


def append_raw(entry: bytes, *, kind: str, key: str, t_ms: int = 0) -> Receipt:
    """Put an entry that is made already in the inbox (see `append`); `t_ms` is only carried into the receipt."""
    entry_id = _enter(entry, kind, key)
    return Receipt(key, t_ms, is_new=entry_id is not None)


def commit_look(
    public: Mapping[str, str], private: Mapping[str, str | int], *, key: str, now: datetime
) -> CommittedLook:
    """Commit to a look before its first frame: fresh salts, the `look.commit` entry, and the record that opens it.

    Args:
        public: `kernel.opening.PUBLIC_FIELDS`, shown by the reveal.
        private: who, what, where from; must name its `incident`. Never in the log.

    Raises:
        Malformed: other fields. Conflict: `key` is taken.
    """
    if set(public) != PUBLIC_FIELDS or "incident" not in private:
        raise Malformed("a look has other fields", kind="ledger-fields")
    salt_pub, salt_priv, t_ms = secrets.token_bytes(SALT_BYTES), secrets.token_bytes(SALT_BYTES), to_ms(now)
    commit = commit_of(public, salt_pub, inner_hash(private, salt_priv))
    entry = commit_entry(commit, t_ms=t_ms, policy_sha256=public["policy_sha256"])
    with transaction.atomic(savepoint=False):
        entry_id = _enter(entry, "look.commit", key)
        if entry_id is None:
            raise Conflict("this look is committed already")
        LookRecord.objects.create(
            entry_id=entry_id, incident=str(private["incident"]), public=dict(public), private=dict(private),
            salt_pub=salt_pub, salt_priv=salt_priv, t_ms=t_ms, reveal_after=now + REVEAL_AFTER,
        )  # fmt: skip
    return CommittedLook(Receipt(key, t_ms), salt_pub, salt_priv, t_ms)


@transaction.atomic
def end_look(key: str, end: LookEnd, *, now: datetime) -> None:
    """Record how the look under `key` ended; the first end counts. NotFound when there is no such look."""
    look = _access_look(key)
    if look.ended_at is None:
        look.ended_at, look.end_reason = now, end.reason
        look.watched_s, look.sent_bytes = end.watched_s, end.sent_bytes
        look.save(update_fields=["ended_at", "end_reason", "watched_s", "sent_bytes"])
        if look.revealed_at is not None:
            _append_end(look)


@transaction.atomic
def seal_look(key: str, *, agency: str, commit: str, until: datetime) -> None:
    """Put the look under `key` under a court's seal that lifts at `until`: `order.execute` says so in the log.

    `commit` is the salted commitment to the order's record. Conflict while the look is not in the log, or revealed.
    """
    look = _access_look(key)
    if look.entry.index is None or look.revealed_at is not None:
        raise Conflict("only a look that is in the log and not revealed can be sealed")
    fields: dict[str, str | int] = {
        "agency": agency, "commit": commit, "index": look.entry.index, "seal_until": to_ms(until),
    }  # fmt: skip
    append("order.execute", fields, key=f"{key}:seal:{to_ms(until)}")
    look.sealed_until = max(until, look.sealed_until or until)
    look.save(update_fields=["sealed_until"])


@transaction.atomic
def reveal_look(key: str, *, now: datetime) -> bool:
    """Reveal the look under `key`: `look.reveal`, and `look.end` if it ended. False while it may not or cannot be.

    It may not under a seal, and cannot while its commit has no place in the log yet. Revealing twice changes nothing.
    """
    look = _access_look(key)
    if look.revealed_at is not None:
        return True
    if look.entry.index is None or (look.sealed_until is not None and now < look.sealed_until):
        return False
    if look.salt_priv is None:
        raise Conflict("the private salt of this look was destroyed before its reveal")
    inner = inner_hash(look.private, bytes(look.salt_priv))
    salt = to_b64(bytes(look.salt_pub))
    fields = {"index": look.entry.index, "inner": to_b64(inner), "public": look.public, "salt_pub": salt}
    t_ms = to_ms(now)
    append_raw(make_entry("look.reveal", fields, t_ms=t_ms), kind="look.reveal", key=f"{key}:reveal", t_ms=t_ms)
    look.revealed_at = now
    look.save(update_fields=["revealed_at"])
    if look.ended_at is not None:
        _append_end(look)
    return True


def reveal_incident(incident: str, *, now: datetime) -> int:
    """The incident closed: its looks are due now. Returns how many were revealed at once; the job does the rest."""
    LookRecord.objects.filter(incident=incident, revealed_at=None, reveal_after__gt=now).update(reveal_after=now)
    keys = LookRecord.objects.filter(incident=incident, revealed_at=None).values_list("entry__key", flat=True)
    return sum(reveal_look(key, now=now) for key in list(keys))


def reveal_due(now: datetime, *, limit: int = 1_000) -> int:
    """Reveal what is due: incident closed, or 29 days old, and no seal. Returns how many; call it again until 0."""
    due = LookRecord.objects.filter(revealed_at=None, reveal_after__lte=now, entry__index__isnull=False)
    unsealed = due.exclude(sealed_until__gt=now).order_by("reveal_after").values_list("entry__key", flat=True)
    return sum(reveal_look(key, now=now) for key in list(unsealed[:limit]))


def erase_look(key: str, *, now: datetime, kept: timedelta) -> None:
    """Destroy the private half of a revealed look once it was kept for `kept`; the log stays as it is.

    Conflict before; `kept` below the floor of 5 years (accounting of disclosures) is lifted to it.
    """
    with transaction.atomic():
        look = _access_look(key)
        if look.revealed_at is None or now < from_ms(look.t_ms) + max(kept, KEEP_AT_LEAST):
            raise Conflict("this record must be kept longer")
        look.salt_priv, look.private = None, {}
        look.save(update_fields=["salt_priv", "private"])


def _append_end(look: LookRecord) -> None:
    fields: dict[str, str | int] = {
        "duration_bucket": duration_bucket(look.watched_s), "index": look.entry.index or 0, "reason": look.end_reason,
    }  # fmt: skip
    append("look.end", fields, key=f"{look.entry.key}:end")


def _access_look(key: str) -> LookRecord:
    found = LookRecord.objects.select_for_update(of=("self",)).select_related("entry").filter(entry__key=key).first()
    if found is None:
        raise NotFound("no such look")
    return found


def _enter(entry: bytes, kind: str, key: str) -> int | None:
    if kind not in KINDS or not 0 < len(entry) <= MAX_ENTRY_BYTES:
        raise Malformed("no entry of ours", kind="ledger-fields")
    with connection.cursor() as cursor:
        cursor.execute(INSERT_ENTRY, [key, kind, entry])
        row = cursor.fetchone()
    return None if row is None else int(row[0])
