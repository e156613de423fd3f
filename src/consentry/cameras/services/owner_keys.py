"""Register and revoke the keys of an owner's devices."""

import re
from datetime import datetime

from django.db import IntegrityError, transaction

from consentry.cameras.models import Edge as EdgeRow
from consentry.cameras.models import OwnerKey as OwnerKeyRow
from consentry.cameras.rows import device_of
from consentry.cameras.types import OwnerDevice, Passkey
from consentry.core.outbox import tell
from consentry.core.principal import Principal
from consentry.kernel.errors import Conflict, LimitReached, Malformed, NotFound
from consentry.kernel.holder import load_point
from consentry.kernel.ids import new_id

MAX_KEYS_PER_OWNER = 20
MAX_NAME_CHARS = 60
MAX_CREDENTIAL_BYTES = 1_023  # WebAuthn level 3, 4
SITE = re.compile(r"[a-z0-9-]{1,63}(\.[a-z0-9-]{1,63})*")


@transaction.atomic
def register_owner_key(
    principal: Principal, public_key: bytes, *, name: str, now: datetime, passkey: Passkey | None = None
) -> OwnerDevice:
    """Register a device key, or a passkey, of the principal; the same key again is no error.

    Registering gives it no power at an edge: that happens only at pairing, in front of it.
    Raises Malformed (no P-256 point, no passkey), Conflict (`key-taken`: somebody else's), LimitReached above 20.
    """
    if principal.person is None:
        raise NotFound("no such person")
    load_point(public_key)
    found = Passkey("", b"") if passkey is None else _checked(passkey)
    if len(name) > MAX_NAME_CHARS or not (name == "" or name.isprintable()):
        raise Malformed(f"a name has at most {MAX_NAME_CHARS} printable characters")
    held = OwnerKeyRow.objects.filter(public_key=public_key).first()
    if held is not None and held.owner_id == principal.person and held.revoked_at is None:
        return device_of(held)
    if OwnerKeyRow.objects.filter(owner=principal.person, revoked_at=None).count() >= MAX_KEYS_PER_OWNER:
        raise LimitReached(f"at most {MAX_KEYS_PER_OWNER} devices", kind="keys-per-owner")
    row = OwnerKeyRow(
        id=new_id("device_key"), owner_id=principal.person, public_key=public_key, rp_id=found.rp_id,
        credential=found.credential, name=name, registered_at=now,
    )  # fmt: skip
    try:
        with transaction.atomic():
            row.save(force_insert=True)
    except IntegrityError as error:
        raise Conflict("this key is registered already", kind="key-taken") from error
    tell(f"person:{principal.person}", "owner_key.changed", row.id)
    return device_of(row)


@transaction.atomic
def revoke_owner_key(principal: Principal, key: str, *, now: datetime) -> None:
    """Stop using a key. Conflict (`key-pinned`) while an edge pins it: pair that edge with another key first."""
    rows = OwnerKeyRow.objects.select_for_update().filter(id=key, owner=principal.person or "", revoked_at=None)
    row = rows.first()
    if principal.person is None or row is None:
        raise NotFound("no such key")
    if EdgeRow.objects.filter(owner_key=row, removed_at=None).exists():
        raise Conflict("an edge pins this key: pair it again with another key first", kind="key-pinned")
    row.revoked_at = now
    row.save(update_fields=["revoked_at"])
    tell(f"person:{principal.person}", "owner_key.changed", row.id)


def _checked(passkey: Passkey) -> Passkey:
    if not 0 < len(passkey.credential) <= MAX_CREDENTIAL_BYTES:
        raise Malformed("a passkey has an id of at most 1,023 bytes")
    if len(passkey.rp_id) > 253 or not SITE.fullmatch(passkey.rp_id):
        raise Malformed("a passkey's site is a host name in lower case")
    return passkey
