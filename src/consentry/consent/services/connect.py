"""An obliged owner connects a camera: the owner's key signs terms inside the mandate. Not a consent, and not forced.

Without these terms the edge sends nothing: an ordinance may oblige the owner, but no server opens the camera for it.
"""

import hashlib
import secrets
from dataclasses import dataclass, replace
from datetime import datetime

from django.db import transaction

from consentry.agencies.queries import get_programme
from consentry.cameras.queries import access_camera
from consentry.cameras.services import send_letter
from consentry.cameras.types import Camera
from consentry.consent.events import TermsChanged
from consentry.consent.models import Mandate as MandateRow
from consentry.consent.models import MandateTerms
from consentry.consent.offers import OPEN_STATES, mandated_terms
from consentry.consent.queries import access_mandate, connected_of, next_number, obligations_of
from consentry.consent.services.masks import keep_mask
from consentry.consent.services.write import require_signed, terms_letter
from consentry.consent.types import Consent, ConsentState, Mandate, Said
from consentry.core.announcements import announce
from consentry.core.outbox import tell
from consentry.core.principal import Principal
from consentry.kernel.canonical import canonical_json, sha256_of, to_b64
from consentry.kernel.clock import from_ms, to_ms
from consentry.kernel.errors import Conflict, Refused
from consentry.kernel.terms import Terms, loosens, terms_record, terms_sha256
from consentry.ledger.services import append


@dataclass(frozen=True)
class Step:
    """What the owner said about a mandate: `event` is connected, changed or disconnected."""

    mandate: Mandate
    event: str
    number: int
    said: Said
    now: datetime


@transaction.atomic
def connect_mandated(principal: Principal, mandate: str, said: Said, *, now: datetime) -> Consent:
    """Connect the principal's own camera under a mandate, or change the terms of one that is; the edge gets them.

    What is looser than the terms in force needs the owner's signature, as the first terms do. Looks under older terms
    end. Raises NotFound (another's camera or mandate), Conflict (programme closed, version, `other-programme`),
    Refused (`mandate-bounds`: wider than the mandate, or a view that was not attested), Untrusted (signature).
    """
    lock_mandates(access_mandate(principal, mandate).camera)
    known = access_mandate(principal, mandate)
    camera = access_camera(principal, known.camera)
    _check(known, said.terms, now)
    held = _in_force(camera, now)
    if held is not None and held.programme != known.programme:
        raise Conflict("this camera is connected to another programme; disconnect there first", kind="other-programme")
    if held is None or loosens(held.terms, said.terms):
        require_signed(camera, said, now=now)
    made = write_step(Step(known, "connected" if held is None else "changed", said.terms.version, said, now))
    if camera.edge is not None:
        send_letter(camera.edge, terms_letter(camera, said.terms, said.owner_signature), now=now)
    announce(TermsChanged(camera.id))
    tell(f"person:{camera.owner}", "camera.changed", camera.id)
    return made


def lock_mandates(camera: str) -> None:
    """The mandates of a camera, locked until the transaction ends: connecting and opening wait for each other."""
    list(MandateRow.objects.select_for_update().filter(camera=camera).order_by("id"))


def write_step(step: Step) -> Consent:
    """Append what was said and, when it connects or disconnects, its entry in the ledger: apart from consents."""
    keep_mask(step.said)
    row = MandateTerms(
        mandate_id=step.mandate.id, event=step.event, number=step.number, at=step.now,
        expires_at=from_ms(step.said.terms.expires_at_ms),
        terms=canonical_json(terms_record(step.said.terms)).decode(), terms_sha256=terms_sha256(step.said.terms),
        owner_signature=step.said.owner_signature, ledger_salt=secrets.token_bytes(32),
    )  # fmt: skip
    row.save(force_insert=True)
    _enter(row, step)
    return connected_of(row, step.now)


def _enter(row: MandateTerms, step: Step) -> None:
    if step.event == "changed":
        return
    record = {
        "v": 1, "mandate": step.mandate.id, "number": step.number, "event": step.event, "at": to_ms(step.now),
        "terms_sha256": row.terms_sha256, "owner_signature": row.owner_signature,
    }  # fmt: skip
    commit = hashlib.sha256(bytes(row.ledger_salt) + sha256_of(record)).digest()
    fields = {"commit": to_b64(commit), "programme": str(step.mandate.programme)}
    kind = "mandate.disconnect"
    if step.event == "connected":
        kind = "mandate.connect"
        fields["participation"] = str(step.mandate.participation)
    append(kind, fields, key=f"{kind}:{step.mandate.id}:{step.number}")


def _check(known: Mandate, terms: Terms, now: datetime) -> None:
    """Conflict or Refused unless these terms may be signed under the mandate as the next version."""
    if get_programme(known.programme).state not in OPEN_STATES:
        raise Conflict("this programme connects no cameras now", kind="programme-closed")
    version = next_number(known.camera)
    if terms.version != version:
        raise Conflict(f"the next version is {version}; somebody else changed the terms", kind="terms-version")
    widest = mandated_terms(known, version=version, time_zone=terms.time_zone, now=now)
    attested = terms.view_attested
    is_attested = attested.not_indoor and attested.no_neighbour_dwelling
    if not is_attested or loosens(replace(widest, view_attested=attested), terms):
        raise Refused("these terms go beyond the mandate", kind="mandate-bounds")


def _in_force(camera: Camera, now: datetime) -> Consent | None:
    """The terms under which the camera is connected now; its edge holds one set at a time."""
    said = [found.connection for found in obligations_of(camera.id, now)]
    return next((one for one in said if one is not None and one.state is ConsentState.MANDATE), None)
