"""The writer of disclosures: make, revoke; for the recipient prove, then open against a receipt."""

import hashlib
import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.contrib.auth.hashers import check_password, make_password
from django.db import transaction

from consentry.core.principal import Principal
from consentry.evidence import models
from consentry.evidence.access import access_case, access_item, doer_of
from consentry.evidence.custody import Deed, note_act
from consentry.evidence.disclosure import rules
from consentry.evidence.disclosure.rules import Span, State
from consentry.evidence.types import RECIPIENTS, Doer
from consentry.kernel.canonical import canonical_json, from_b64, to_b64
from consentry.kernel.clock import to_ms
from consentry.kernel.errors import Conflict, LimitReached, Malformed, NotFound, Refused
from consentry.kernel.ids import DisclosureId, ItemId, new_id
from consentry.kernel.limits import (
    DISCLOSURE_LOCKED_S,
    DISCLOSURE_NONCE_S,
    DISCLOSURE_OPENING_S,
    MAX_ITEMS_PER_DISCLOSURE,
    MAX_WRONG_PASSPHRASES,
)
from consentry.kernel.receipt import NONCE_BYTES, open_receipt
from consentry.kernel.roles import Role
from consentry.ledger import services as ledger

SECRET_BYTES = SALT_BYTES = 32
# An unknown link costs what a known one costs.
_NOBODYS = make_password(secrets.token_hex(16))


@dataclass(frozen=True)
class NewDisclosure:
    """What is shown to whom. `days` None: the default; `wish_original` counts for `other` recipients only."""

    items: Sequence[str]
    recipient: str
    recipient_kind: str
    days: int | None = None
    wish_original: bool = False
    case: str = ""


@dataclass(frozen=True)
class Made:
    """A new disclosure. `secret` and `passphrase` are said here and never again."""

    disclosure: DisclosureId
    secret: str
    passphrase: str
    expires_at: datetime


@dataclass(frozen=True)
class Proved:
    """Link and pass-phrase are right: what the receipt must say. `items`: (item, payload SHA-256 hex)."""

    disclosure: DisclosureId
    items: tuple[tuple[ItemId, str], ...]
    nonce: bytes
    agency: str
    recipient: str
    expires_at: datetime


@transaction.atomic
def disclose(principal: Principal, new: NewDisclosure, *, now: datetime) -> Made:
    """Make one recipient's link to sealed items of one agency.

    Raises:
        NotFound: an item, or the case, is not of an agency where the caller is a supervisor.
        Malformed: no items, too many, of two agencies; no name; more days than a year.
        Conflict `item-not-sealed`: an item is not sealed, or destroyed.
    """
    items = _items(principal, new)
    agency = items[0].agency
    if new.case and access_case(principal, new.case, supervisor=True).agency != agency:
        raise NotFound("no such case")
    secret, phrase, salt = secrets.token_bytes(SECRET_BYTES), rules.new_passphrase(), secrets.token_bytes(SALT_BYTES)
    disclosure, ends_at = DisclosureId(new_id("disclosure")), rules.ends_at(new.days, now)
    shown = [{"item": row.id, "payload_sha256": row.payload_sha256} for row in items]
    record = canonical_json({"v": 1, "disclosure": disclosure, "recipient_kind": new.recipient_kind, "items": shown,
                             "expires_ms": to_ms(ends_at)})  # fmt: skip
    row = models.Disclosure.objects.create(
        id=disclosure, agency=agency, case_id=new.case or None, recipient=new.recipient.strip(),
        recipient_kind=new.recipient_kind, secret_sha256=_digest(secret), expires_at=ends_at, made_at=now,
        with_original=rules.with_original(new.recipient_kind, wished=new.wish_original),
        passphrase=make_password(rules.plain_passphrase(phrase)), made_by=principal.person or "",
        record=record.decode(), salt=salt,
    )  # fmt: skip
    models.DisclosedItem.objects.bulk_create(
        models.DisclosedItem(disclosure=row, item=item, number=number, payload_sha256=item.payload_sha256)
        for number, item in enumerate(items)
    )
    _log("export.create", row, rules.commit_of(salt, record), key=f"disclosure:{disclosure}")
    doer = doer_of(principal, agency, Role.SUPERVISOR)
    _note(
        items, Deed("disclosed", why=row.recipient, about=disclosure, ledger_key=f"disclosure:{disclosure}"), doer, now
    )
    return Made(disclosure, to_b64(secret), phrase, ends_at)


@transaction.atomic
def revoke(principal: Principal, disclosure: str, *, now: datetime) -> None:
    """End a disclosure at once, for good; ending it twice changes nothing. NotFound when it is not the caller's."""
    row = models.Disclosure.objects.select_for_update().filter(id=disclosure).first()
    if row is None or row.agency not in principal.agencies(Role.SUPERVISOR):
        raise NotFound("no such disclosure")
    if row.revoked_at is None:
        row.revoked_at, row.revoked_by = now, principal.person or ""
        row.save(update_fields=["revoked_at", "revoked_by"])
        _note(
            items_of(row),
            Deed("disclosure_revoked", about=row.id),
            doer_of(principal, row.agency, Role.SUPERVISOR),
            now,
        )


def prove(secret: str, phrase: str, *, now: datetime) -> Proved:
    """What a receipt for this link must say, once the pass-phrase is right.

    Raises:
        Refused `link-or-phrase`: no such link, or another pass-phrase; both look the same.
        LimitReached `disclosure-locked`: too many wrong ones; also the right one waits.
        Refused `passkey-needed`: right, and the recipient ended it in favour of a passkey.
        Conflict `disclosure-over`: it has expired or was revoked.
    """
    with transaction.atomic():
        row = by_secret(secret)
        is_right = check_password(rules.plain_passphrase(phrase), row.passphrase if row else _NOBODYS)
        if row is not None:
            need_unlocked(row, now)
        if row is not None and is_right:
            if row.phrase_ended_at is not None:
                raise Refused("the recipient chose to open this by passkey alone", kind="passkey-needed")
            return proved(row, now)
        if row is not None:
            count_wrong(row, now)
    # After the commit, so that the count of wrong ones stays.
    raise Refused("this link and this pass-phrase do not open anything", kind="link-or-phrase")


@transaction.atomic
def open_disclosure(signed: bytes, *, now: datetime) -> tuple[str, datetime]:
    """Take the recipient's receipt; the answer is the browser's secret for looking, and until when.

    Raises:
        Malformed, Untrusted: the receipt is none, or speaks of something else.
        NotFound `nonce`: its nonce was not given, was used, or is too old. Conflict: the disclosure is over.
    """
    receipt = open_receipt(signed)
    given = models.DisclosureNonce.objects.select_for_update().filter(nonce_sha256=_digest(receipt.nonce)).first()
    if given is None or given.ends_at <= now:
        raise NotFound("this took too long; please begin again", kind="nonce")
    row = models.Disclosure.objects.select_for_update().get(id=given.disclosure_id)
    need_open(row, now)
    rules.check_receipt(receipt, DisclosureId(row.id), shown_by(row), now=now)
    given.delete()
    token, salt = secrets.token_bytes(SECRET_BYTES), secrets.token_bytes(SALT_BYTES)
    key = f"opening:{_digest(receipt.nonce)}"
    ends_at = min(now + timedelta(seconds=DISCLOSURE_OPENING_S), row.expires_at)
    models.DisclosureOpening.objects.create(
        disclosure=row, at=now, receipt=signed.decode(), salt=salt, token_sha256=_digest(token), ends_at=ends_at,
        ledger_key=key, passkey=given.passkey,
    )  # fmt: skip
    _log("export.open", row, rules.commit_of(salt, signed), key=key)
    _note(items_of(row), Deed("disclosure_opened", why=row.recipient, about=row.id, ledger_key=key), Doer(), now)
    return to_b64(token), ends_at


def forget_nonces(now: datetime) -> int:
    """Drop nonces that are too old; how many."""
    return models.DisclosureNonce.objects.filter(ends_at__lte=now).delete()[0]


def need_open(row: models.Disclosure, now: datetime) -> None:
    """Conflict `disclosure-over` unless `row` is open at `now`."""
    state = rules.state_of(Span(row.expires_at, row.revoked_at), now)
    if state is not State.OPEN:
        raise Conflict(f"this disclosure is {state}", kind="disclosure-over")


def items_of(row: models.Disclosure) -> list[models.Item]:
    """Its items in order."""
    return [place.item for place in row.places.select_related("item").order_by("number")]


def shown_by(row: models.Disclosure) -> tuple[tuple[ItemId, str], ...]:
    """(item, payload SHA-256 hex) in order: what a receipt must list."""
    places = row.places.order_by("number").values_list("item", "payload_sha256")
    return tuple((ItemId(item), digest) for item, digest in places)


def _items(principal: Principal, new: NewDisclosure) -> list[models.Item]:
    if not 0 < len(new.items) <= MAX_ITEMS_PER_DISCLOSURE or len(set(new.items)) != len(new.items):
        raise Malformed(f"1 to {MAX_ITEMS_PER_DISCLOSURE} items, each once")
    if not new.recipient.strip() or new.recipient_kind not in RECIPIENTS:
        raise Malformed("a disclosure is for somebody")
    # Locked in one order, so that two disclosures of the same items never wait for each other.
    found = {item: access_item(principal, item, roles=(Role.SUPERVISOR,), lock=True) for item in sorted(new.items)}
    if any(row.state != "sealed" for row in found.values()):
        raise Conflict("only sealed items are disclosed", kind="item-not-sealed")
    if len({row.agency for row in found.values()}) != 1:
        raise Malformed("the items of one disclosure are of one agency")
    return [found[item] for item in new.items]


def by_secret(secret: str) -> models.Disclosure | None:
    """The disclosure of a link, its row locked; None for no such link."""
    try:
        digest = _digest(from_b64(secret, length=SECRET_BYTES))
    except Malformed:
        return None
    return models.Disclosure.objects.select_for_update().filter(secret_sha256=digest).first()


def proved(row: models.Disclosure, now: datetime, passkey: models.DisclosurePasskey | None = None) -> Proved:
    """Pass-phrase or passkey was right: a nonce for the receipt. Conflict `disclosure-over`."""
    need_open(row, now)
    if row.wrong_tries:
        row.wrong_tries = 0
        row.save(update_fields=["wrong_tries"])
    nonce = secrets.token_bytes(NONCE_BYTES)
    models.DisclosureNonce.objects.create(
        nonce_sha256=_digest(nonce), disclosure=row, ends_at=now + timedelta(seconds=DISCLOSURE_NONCE_S),
        passkey=passkey,
    )  # fmt: skip
    return Proved(DisclosureId(row.id), shown_by(row), nonce, row.agency, row.recipient, row.expires_at)


def need_unlocked(row: models.Disclosure, now: datetime) -> None:
    """LimitReached `disclosure-locked` while too many were wrong; also the right one waits."""
    if row.locked_until is not None and row.locked_until > now:
        raise LimitReached("too many wrong tries; try again in an hour", kind="disclosure-locked")


def count_wrong(row: models.Disclosure, now: datetime) -> None:
    """One more was wrong; ten lock it for an hour."""
    row.wrong_tries += 1
    if row.wrong_tries % MAX_WRONG_PASSPHRASES == 0:
        row.locked_until = now + timedelta(seconds=DISCLOSURE_LOCKED_S)
    row.save(update_fields=["wrong_tries", "locked_until"])


def _log(kind: str, row: models.Disclosure, commit: bytes, *, key: str) -> None:
    ledger.append(kind, {"agency": row.agency, "commit": to_b64(commit)}, key=key)


def _note(items: Sequence[models.Item], deed: Deed, doer: Doer, now: datetime) -> None:
    for item in items:
        note_act(item, deed, doer, now=now)


def _digest(raw: bytes) -> str:
    return hashlib.sha256(raw).hexdigest()
