"""A recipient's passkey instead of the pass-phrase: registered from an open page, proven at the next opening.

Like the pass-phrase it only lets the recipient sign a receipt; what is shown before that is nothing.
"""

import hashlib
import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db import transaction

from consentry.evidence import models
from consentry.evidence.disclosure.services import (
    Proved,
    by_secret,
    count_wrong,
    need_open,
    need_unlocked,
    proved,
)
from consentry.kernel.canonical import canonical_json, from_b64, to_b64
from consentry.kernel.errors import ConsentryError, LimitReached, Malformed, Refused
from consentry.kernel.holder import load_point, verify_passkey
from consentry.kernel.limits import DISCLOSURE_NONCE_S, MAX_DISCLOSURE_CHALLENGES, MAX_DISCLOSURE_PASSKEYS

CHALLENGE_BYTES = 32
_CONTEXT = b"consentry-disclosed-v1\n"
MAX_CREDENTIAL_BYTES = 1_024


@dataclass(frozen=True)
class NewPasskey:
    """What a browser says of a passkey it made. `public_key`: 65-byte point of P-256."""

    credential: bytes
    public_key: bytes
    rp_id: str
    only: bool


@transaction.atomic
def add_passkey(opening: models.DisclosureOpening, new: NewPasskey, *, now: datetime) -> int:
    """Register a passkey for the disclosure of an opening that the caller checked; how many there are now.

    `only`: from now on the pass-phrase opens nothing.

    Raises: Malformed: no such key. LimitReached: there are enough. Conflict `disclosure-over`.
    """
    load_point(new.public_key)
    if not 0 < len(new.credential) <= MAX_CREDENTIAL_BYTES:
        raise Malformed("no passkey")
    row = models.Disclosure.objects.select_for_update().get(id=opening.disclosure_id)
    need_open(row, now)
    if row.passkeys.count() >= MAX_DISCLOSURE_PASSKEYS:
        raise LimitReached(f"a disclosure has at most {MAX_DISCLOSURE_PASSKEYS} passkeys", kind="disclosure-passkeys")
    models.DisclosurePasskey.objects.create(
        disclosure=row, credential=to_b64(new.credential), public_key=new.public_key, rp_id=new.rp_id, made_at=now
    )
    if new.only and row.phrase_ended_at is None:
        row.phrase_ended_at = now
        row.save(update_fields=["phrase_ended_at"])
    return row.passkeys.count()


@transaction.atomic
def ask_challenge(secret: str, *, now: datetime) -> bytes:
    """32 bytes for a passkey to sign, within five minutes and once. An unknown link gets some as well."""
    challenge, row = secrets.token_bytes(CHALLENGE_BYTES), by_secret(secret)
    if row is not None:
        given = models.DisclosureChallenge.objects.filter(disclosure=row, ends_at__gt=now)
        if given.count() < MAX_DISCLOSURE_CHALLENGES:
            models.DisclosureChallenge.objects.create(
                challenge_sha256=hashlib.sha256(challenge).hexdigest(), disclosure=row,
                ends_at=now + timedelta(seconds=DISCLOSURE_NONCE_S),
            )  # fmt: skip
    return challenge


def prove_passkey(secret: str, challenge: bytes, credential: bytes, assertion: bytes, *, now: datetime) -> Proved:
    """What a receipt must say, once a passkey of this link signed a challenge that was given for it.

    `assertion`: as `verify_passkey`.

    Raises:
        Refused `link-or-passkey`: no such link, challenge or passkey, or another signature; all look the same.
        LimitReached `disclosure-locked`. Conflict `disclosure-over`: only after the right one.
    """
    with transaction.atomic():
        row = by_secret(secret)
        if row is not None:
            need_unlocked(row, now)
            passkey = _right(row, (challenge, credential, assertion), now)
            if passkey is not None:
                return proved(row, now, passkey)
            count_wrong(row, now)
    # After the commit, so that the count of wrong ones stays.
    raise Refused("this link and this passkey do not open anything", kind="link-or-passkey")


def forget_challenges(now: datetime) -> int:
    """Drop challenges that are too old; how many."""
    return models.DisclosureChallenge.objects.filter(ends_at__lte=now).delete()[0]


def challenge_message(challenge: bytes) -> bytes:
    """What the passkey signs: WebAuthn's challenge is the SHA-256 of it."""
    return _CONTEXT + canonical_json({"v": 1, "challenge": to_b64(challenge)})


def _right(row: models.Disclosure, said: tuple[bytes, bytes, bytes], now: datetime) -> models.DisclosurePasskey | None:
    """The passkey that signed; the challenge is used up whatever comes of it."""
    challenge, credential, assertion = said
    digest = hashlib.sha256(challenge).hexdigest()
    given = models.DisclosureChallenge.objects.filter(challenge_sha256=digest, disclosure=row, ends_at__gt=now)
    passkey = row.passkeys.filter(credential=to_b64(credential)).first()
    if not given.delete()[0] or passkey is None:
        return None
    try:
        message = challenge_message(challenge)
        verify_passkey(bytes(passkey.public_key), assertion, message, rp_id=passkey.rp_id)
    except ConsentryError:
        return None
    return passkey


def bytes_said(text: str) -> bytes:
    """base64url, or nothing at all for what is none: it then matches nothing."""
    try:
        return from_b64(text)
    except Malformed:
        return b""
