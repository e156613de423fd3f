"""Pairing: a code of 8 characters, kept hashed, for 10 minutes and one use; wrong ones are counted per source."""

import base64
import hashlib
import secrets
from datetime import datetime, timedelta

from django.db import transaction
from django.utils.crypto import salted_hmac

from consentry.cameras.events import EdgePaired
from consentry.cameras.models import Edge as EdgeRow
from consentry.cameras.models import Letter as LetterRow
from consentry.cameras.models import OwnerKey as OwnerKeyRow
from consentry.cameras.models import PairingCode, PairingFailure
from consentry.cameras.types import Paired, PairRequest, PreparedPairing
from consentry.core.announcements import announce
from consentry.core.outbox import tell
from consentry.core.principal import Principal
from consentry.kernel.errors import Conflict, LimitReached, Malformed, NotFound, Refused
from consentry.kernel.holder import load_point
from consentry.kernel.ids import EdgeId, PersonId, new_id

CODE_BYTES = 5
CODE_LIFE = timedelta(minutes=10)
MAX_OPEN_CODES = 3
FAILURE_WINDOW = timedelta(minutes=10)
MAX_FAILURES_PER_SOURCE = 10
MAX_FAILURES = 1_000
MAX_NAME_CHARS = 60
ED25519_BYTES = 32


@transaction.atomic
def prepare_pairing(principal: Principal, *, owner_key: str, edge_name: str, now: datetime) -> PreparedPairing:
    """A code for the edge that will pin `owner_key` (one of the principal's own); said once, kept as a MAC.

    Raises NotFound for another's or a revoked key, LimitReached with 3 codes open, Malformed for a long name.
    """
    key = OwnerKeyRow.objects.select_for_update().filter(id=owner_key, owner=principal.person or "", revoked_at=None)
    row = key.first()
    if principal.person is None or row is None:
        raise NotFound("no such key")
    if len(edge_name) > MAX_NAME_CHARS or not (edge_name == "" or edge_name.isprintable()):
        raise Malformed(f"a name has at most {MAX_NAME_CHARS} printable characters")
    mine = PairingCode.objects.filter(owner=principal.person)
    mine.filter(expires_at__lte=now - CODE_LIFE).delete()
    if mine.filter(used_at=None, expires_at__gt=now).count() >= MAX_OPEN_CODES:
        raise LimitReached("three codes are open already; wait for one to run out", kind="pairing-codes")
    code = base64.b32encode(secrets.token_bytes(CODE_BYTES)).decode()
    made = PairingCode.objects.create(
        owner_id=principal.person, owner_key=row, code_sha256=hash_code(code), edge_name=edge_name,
        expires_at=now + CODE_LIFE,
    )  # fmt: skip
    return PreparedPairing(code=code, expires_at=made.expires_at, owner_key=row.id)


def pair_edge(asked: PairRequest, *, source: str, now: datetime) -> Paired:
    """Pair the edge that knows a code; the same edge of the same owner keeps its id.

    Args:
        source: network address of the caller, kept as a hash and only when the code is wrong.

    Raises Refused (`pairing-code`) for a wrong, used or expired code, which are not told apart; LimitReached after
    10 wrong ones from a source in 10 min; Conflict for a key of somebody else's edge (`edge-known`) or of one that its
    owner removed (`edge-removed`), which others may hold.
    """
    load_point(asked.box_key)
    if len(asked.public_key) != ED25519_BYTES:
        raise Malformed("an edge's key has 32 bytes")
    _refuse_guesser(source, now)
    with transaction.atomic():
        codes = PairingCode.objects.select_for_update(of=("self",)).select_related("owner_key")
        code = codes.filter(code_sha256=hash_code(asked.code), used_at=None, expires_at__gt=now).first()
        if code is not None and code.owner_key.revoked_at is None:
            return _pair(code, asked, now)
    PairingFailure.objects.filter(at__lt=now - FAILURE_WINDOW).delete()
    PairingFailure.objects.create(source_sha256=_source(source), at=now)
    raise Refused("this code is wrong, used or too old", kind="pairing-code")


def _pair(code: PairingCode, asked: PairRequest, now: datetime) -> Paired:
    code.used_at = now
    code.save(update_fields=["used_at"])
    edge = EdgeRow.objects.select_for_update().filter(public_key=asked.public_key).first()
    if edge is None:
        edge = EdgeRow(id=new_id("edge"), owner_id=code.owner_id, public_key=asked.public_key)
    elif edge.owner_id != code.owner_id:
        raise Conflict("this edge is paired with somebody else", kind="edge-known")
    elif edge.removed_at is not None:
        raise Conflict("this edge was removed: begin in an empty folder, with new keys", kind="edge-removed")
    edge.owner_key, edge.box_key, edge.name = code.owner_key, asked.box_key, code.edge_name
    edge.paired_at, edge.rotation = now, asked.rotation
    edge.save()
    LetterRow.objects.filter(edge=edge, kind="keys", delivered_at=None).delete()
    announce(EdgePaired(EdgeId(edge.id), PersonId(edge.owner_id)))
    tell(f"person:{edge.owner_id}", "edge.paired", edge.id)
    tell("gateway:*", "state.changed", "edges")
    return Paired(EdgeId(edge.id), bytes(code.owner_key.public_key), code.owner_key.rp_id)


def _refuse_guesser(source: str, now: datetime) -> None:
    recent = PairingFailure.objects.filter(at__gt=now - FAILURE_WINDOW)
    mine = recent.filter(source_sha256=_source(source)).count()
    if mine >= MAX_FAILURES_PER_SOURCE or recent.count() >= MAX_FAILURES:
        raise LimitReached("too many wrong codes; try again in 10 minutes", kind="pairing-guesses")


def hash_code(code: str) -> bytes:
    """What is kept of a code."""
    return salted_hmac("consentry.pairing-code", code.upper(), algorithm="sha256").digest()


def _source(source: str) -> bytes:
    return hashlib.sha256(source.encode()).digest()
