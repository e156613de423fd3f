"""Reads. The state is decided at the moment asked for, by comparison; nothing has to have run before."""

import json
from collections.abc import Iterable, Sequence
from datetime import datetime
from functools import lru_cache

from django.db import connection
from django.db.models import F, Max

from consentry.consent.models import ConsentChain, ConsentVersion, MandateTerms
from consentry.consent.models import Mandate as MandateRow
from consentry.consent.models import Mask as MaskRow
from consentry.consent.offers import offer_of
from consentry.consent.rules import connection_state, scope_of, scope_sha256, state_of
from consentry.consent.types import Consent, ConsentState, Mandate, Obligation, StoredReceipt
from consentry.consent.waivers import current_waiver
from consentry.core.principal import Principal
from consentry.kernel.errors import NotFound
from consentry.kernel.ids import CameraId, ConsentId, PersonId, ProgrammeId
from consentry.kernel.mask import Mask, parse_mask
from consentry.kernel.roles import Role
from consentry.kernel.terms import Participation, Terms, parse_terms

__all__ = [
    "access_consent",
    "access_mandate",
    "access_receipt",
    "consents_for",
    "consents_of_camera",
    "current_consent",
    "given_cameras",
    "hold_consents",
    "last_mask",
    "mandated_for",
    "mandates_for",
    "mask_of",
    "newest_version",
    "next_number",
    "obligations_of",
    "recorded_mandates",
]
LIST_LIMIT = 500
_HOLD = (
    "SELECT id FROM consent_chain WHERE camera_id = ANY(%s) AND programme_id = %s ORDER BY id FOR SHARE",
    "SELECT id FROM consent_mandate WHERE camera_id = ANY(%s) AND programme_id = %s ORDER BY id FOR SHARE",
)


def current_consent(camera: CameraId, programme: ProgrammeId, at: datetime) -> Consent | None:
    """The newest version with its state at `at`; None when none was ever given.

    Always the newest: a withdrawal counts at once, whatever the clock of the server that took it said.
    """
    return consents_for([camera], programme, at).get(camera)


def consents_for(cameras: Sequence[CameraId], programme: ProgrammeId, at: datetime) -> dict[CameraId, Consent]:
    """`current_consent` of many cameras in one query; cameras without any are absent."""
    versions = ConsentVersion.objects.filter(chain__camera__in=list(cameras), chain__programme=programme)
    newest = versions.order_by("chain", "-number").distinct("chain").select_related("chain")
    # The receipt is longer than all the rest of the row, and each ask reads this for many cameras.
    found = list(newest.defer("receipt", "receipt_signature").annotate(agency=F("chain__programme__agency")))
    if not found:
        return {}
    scope = scope_of((found[0].agency,), current_waiver().sha256)
    return {CameraId(row.chain.camera_id): consent_of(row, scope, at) for row in found}


def hold_consents(cameras: Iterable[CameraId], programme: ProgrammeId) -> None:
    """Keep consents and mandates of these cameras as they are until the caller's transaction ends (share locks).

    Who opens a grant calls this first and then reads again, so that a withdrawal either comes before and is seen, or
    waits and ends it.
    """
    with connection.cursor() as cursor:
        for statement in _HOLD:
            cursor.execute(statement, [sorted(cameras), programme])


def access_consent(principal: Principal, consent: str, at: datetime) -> Consent:
    """The principal's own consent; NotFound for anyone else's as for none."""
    chain = ConsentChain.objects.filter(id=consent, owner=principal.person or "").first()
    if principal.person is None or chain is None:
        raise NotFound("no such consent")
    return _newest(chain, at)


def access_receipt(principal: Principal, consent: str) -> StoredReceipt:
    """The newest receipt of the principal's own consent; NotFound for anyone else's as for none."""
    chain = ConsentChain.objects.filter(id=consent, owner=principal.person or "").first()
    if principal.person is None or chain is None:
        raise NotFound("no such consent")
    row = newest_version(chain)
    return StoredReceipt(row.receipt, row.receipt_signature)


def consents_of_camera(camera: CameraId, at: datetime) -> list[Consent]:
    """The newest version of each programme's chain of a camera, oldest chain first."""
    chains = ConsentChain.objects.filter(camera=camera, versions__number__gt=0).distinct().order_by("started_at", "id")
    return [_newest(chain, at) for chain in chains]


def given_cameras(programme: ProgrammeId, at: datetime) -> list[CameraId]:
    """Cameras whose consent for `programme` is given at `at`, by id; mandated ones are never among them."""
    cameras = ConsentChain.objects.filter(programme=programme).order_by("camera").values_list("camera_id", flat=True)
    found = consents_for([CameraId(camera) for camera in cameras], programme, at)
    return [camera for camera, consent in sorted(found.items()) if consent.state is ConsentState.GIVEN]


def mandates_for(camera: CameraId) -> list[Mandate]:
    """Obligations recorded for a camera, oldest first. Apart from consents, always."""
    return [mandate_of(row) for row in MandateRow.objects.filter(camera=camera).order_by("recorded_at", "id")]


def access_mandate(principal: Principal, mandate: str) -> Mandate:
    """A mandate on the principal's own camera; NotFound for anyone else's as for none."""
    mine = MandateRow.objects.filter(camera__owner=principal.person or "", camera__removed_at=None)
    row = mine.filter(id=mandate).first()
    if principal.person is None or row is None:
        raise NotFound("no such mandate")
    return mandate_of(row)


def recorded_mandates(principal: Principal) -> list[Mandate]:
    """What the principal's agencies recorded, newest first; whether an owner connected is not in it."""
    agencies = principal.agencies(Role.MANAGER, Role.AUDITOR)
    rows = MandateRow.objects.filter(programme__agency__in=agencies).order_by("-recorded_at", "id")
    return [mandate_of(row) for row in rows[:LIST_LIMIT]]


def obligations_of(camera: CameraId, at: datetime) -> list[Obligation]:
    """The mandates on a camera, each with the terms under which it is or was connected; oldest first."""
    found = []
    for mandate in mandates_for(camera):
        said = mandated_for([camera], mandate.programme, at).get(camera)
        found.append(Obligation(mandate, said if said is not None and said.id == mandate.id else None))
    return found


def mandated_for(cameras: Sequence[CameraId], programme: ProgrammeId, at: datetime) -> dict[CameraId, Consent]:
    """The terms under which obliged cameras are connected to `programme`: `mandate`, `expired` or `withdrawn`.

    For decisions only: none of them is a consent, and nothing that counts consents reads this.
    """
    rows = MandateTerms.objects.filter(mandate__camera__in=list(cameras), mandate__programme=programme)
    newest = rows.order_by("mandate__camera", "-number").distinct("mandate__camera").select_related("mandate__camera")
    return {CameraId(row.mandate.camera_id): connected_of(row, at) for row in newest}


def connected_of(row: MandateTerms, at: datetime) -> Consent:
    """What a row of terms under a mandate means at `at`."""
    mandate, state = row.mandate, connection_state(row.event, expires_at=row.expires_at, at=at)
    return Consent(
        id=ConsentId(mandate.id), camera=CameraId(mandate.camera_id), programme=ProgrammeId(mandate.programme_id),
        owner=PersonId(mandate.camera.owner_id or ""), state=state, version=row.number,
        terms=_terms_of(row.terms), terms_sha256=row.terms_sha256, scope_sha256="", language="",
        owner_signature=row.owner_signature, given_at=row.at, expires_at=row.expires_at,
    )  # fmt: skip


def newest_version(chain: ConsentChain) -> ConsentVersion:
    """The newest version of a chain; NotFound before the first (for this room)."""
    row = chain.versions.order_by("-number").first()
    if row is None:
        raise NotFound("no such consent")
    return row


def mask_of(camera: CameraId, sha256: str) -> Mask | None:
    """The mask of a camera that its terms name; None for "" and for one that never came. For its owner and its edge."""
    row = MaskRow.objects.filter(camera=camera, sha256=sha256).first() if sha256 else None
    return None if row is None else parse_mask(json.loads(row.record))


def last_mask(camera: CameraId) -> Mask | None:
    """The mask that was drawn last, for new terms to start from."""
    row = MaskRow.objects.filter(camera=camera).order_by("-id").first()
    return None if row is None else parse_mask(json.loads(row.record))


def next_number(camera: CameraId) -> int:
    """The number that the next version of a camera's terms must have: it rises over all its programmes."""
    consents = ConsentVersion.objects.filter(chain__camera=camera).aggregate(highest=Max("number"))["highest"]
    mandates = MandateTerms.objects.filter(mandate__camera=camera).aggregate(highest=Max("number"))["highest"]
    return max(int(consents or 0), int(mandates or 0)) + 1


def consent_of(row: ConsentVersion, scope: str, at: datetime) -> Consent:
    """The consent of a version (with its chain) at `at`, under the scope in force."""
    chain = row.chain
    state = state_of(row.event, expires_at=row.expires_at, signed_scope=row.scope_sha256, scope=scope, at=at)
    return Consent(
        id=ConsentId(chain.id), camera=CameraId(chain.camera_id), programme=ProgrammeId(chain.programme_id),
        owner=PersonId(chain.owner_id), state=state, version=row.number, terms=_terms_of(row.terms),
        terms_sha256=row.terms_sha256, scope_sha256=row.scope_sha256, language=row.language,
        owner_signature=row.owner_signature, given_at=row.at, expires_at=row.expires_at,
    )  # fmt: skip


@lru_cache(maxsize=4_096)
def _terms_of(text: str) -> Terms:
    """Stored terms never change, and are read at each ask."""
    return parse_terms(json.loads(text))


def mandate_of(row: MandateRow) -> Mandate:
    """The mandate of a row."""
    return Mandate(
        id=row.id, camera=CameraId(row.camera_id), programme=ProgrammeId(row.programme_id),
        participation=Participation(row.participation), ordinance_sha256=row.ordinance_sha256, section=row.section,
        scope=row.scope, recorded_at=row.recorded_at,
    )  # fmt: skip


def _newest(chain: ConsentChain, at: datetime) -> Consent:
    return consent_of(newest_version(chain), _scope(ProgrammeId(chain.programme_id)), at)


def _scope(programme: ProgrammeId) -> str:
    offer, _ = offer_of(CameraId(""), programme)
    return scope_sha256(offer)
