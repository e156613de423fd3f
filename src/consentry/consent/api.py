"""Waiver, consents of the owner's own cameras, receipts; mandates for managers."""

import base64
import hashlib

from django.http import HttpRequest, HttpResponse
from ninja import Router, Status

from consentry.agencies.queries import get_programme, public_programmes
from consentry.cameras.queries import access_camera
from consentry.cameras.types import Camera
from consentry.consent import queries, services
from consentry.consent.offers import OPEN_STATES, mandated_terms, offer_of
from consentry.consent.receipt_key import receipt_public_key
from consentry.consent.receipt_page import receipt_json, receipt_page, receipt_style
from consentry.consent.rules import careful_terms
from consentry.consent.schemas import (
    ConnectionOut,
    ConsentOut,
    ConsentsOut,
    DraftOut,
    GiveIn,
    MandateIn,
    MandateOut,
    ObligationOut,
    ReceiptOut,
    SaidIn,
    WaiverOut,
    connection_out,
    consent_out,
    draft_out,
    mandate_out,
    mask_in,
)
from consentry.consent.services.mandate import NewMandate
from consentry.consent.types import Obligation, Said
from consentry.consent.waivers import current_waiver, waiver_of
from consentry.core.policy import policy
from consentry.core.principal import principal_of
from consentry.kernel.canonical import to_b64
from consentry.kernel.clock import utc_now
from consentry.kernel.errors import Malformed
from consentry.kernel.ids import CameraId, ProgrammeId
from consentry.kernel.terms import Participation, parse_terms

router = Router(tags=["consent"])


@router.get("/waivers/current", response=WaiverOut)
@policy("consent:waiver:read")
def read_waiver(request: HttpRequest) -> WaiverOut:  # noqa: ARG001 public
    """The text in force, in three languages."""
    waiver = current_waiver()
    return WaiverOut(version=waiver.version, sha256=waiver.sha256, texts=waiver.texts)


@router.get("/cameras/{camera}/consents", response=ConsentsOut)
@policy("consent:consent:read")
def list_consents(request: HttpRequest, response: HttpResponse, camera: str, time_zone: str = "UTC") -> ConsentsOut:
    """Consents of the owner's own camera; drafts are in the owner's `time_zone` (IANA name)."""
    found = access_camera(principal_of(request), camera)
    response["Cache-Control"] = "no-store"
    consents = [consent_out(consent) for consent in queries.consents_of_camera(found.id, utc_now())]
    return ConsentsOut(consents=consents, drafts=_drafts(found, time_zone))


@router.post("/cameras/{camera}/consents", response={201: ConsentOut})
@policy("consent:consent:give")
def give(request: HttpRequest, camera: str, body: GiveIn) -> Status[ConsentOut]:
    """Give consent to a programme, signed by the owner's device key over the terms' hash."""
    said = _said(body)
    if said.terms.camera_id != camera:
        raise Malformed("these terms are for another camera")
    given = services.give_consent(principal_of(request), ProgrammeId(body.programme), said, now=utc_now())
    return Status(201, consent_out(given))


@router.post("/consents/{consent}/renew", response=ConsentOut)
@policy("consent:consent:renew")
def renew(request: HttpRequest, consent: str, body: SaidIn) -> ConsentOut:
    """Renew, for 12 months at most, under the texts in force; signed."""
    return consent_out(services.renew(principal_of(request), consent, _said(body), now=utc_now()))


@router.post("/consents/{consent}/withdraw", response=ConsentOut)
@policy("consent:consent:withdraw")
def withdraw(request: HttpRequest, consent: str) -> ConsentOut:
    """Withdraw: one call, no body, no reason. What runs ends."""
    return consent_out(services.withdraw(principal_of(request), consent, now=utc_now()))


@router.put("/consents/{consent}/terms", response=ConsentOut)
@policy("consent:terms:change")
def change_terms(request: HttpRequest, consent: str, body: SaidIn) -> ConsentOut:
    """New terms; anything looser than before needs the owner's signature."""
    return consent_out(services.change_terms(principal_of(request), consent, _said(body), now=utc_now()))


@router.get("/consents/{consent}/receipt", response=ReceiptOut)
@policy("consent:consent:read")
def read_receipt(request: HttpRequest, response: HttpResponse, consent: str) -> ReceiptOut:
    """The newest receipt (ISO/IEC TS 27560) with its detached signature."""
    stored = queries.access_receipt(principal_of(request), consent)
    response["Cache-Control"] = "no-store"
    return ReceiptOut(receipt=stored.receipt, signature=stored.signature, public_key=to_b64(receipt_public_key()))


@router.get("/consents/{consent}/receipt.html", include_in_schema=False)
@policy("consent:consent:read")
def print_receipt(request: HttpRequest, consent: str) -> HttpResponse:
    """The newest receipt as a page to print."""
    stored = queries.access_receipt(principal_of(request), consent)
    receipt = receipt_json(stored.receipt)
    page = receipt_page(receipt, stored.signature, waiver_of(receipt["terms"]["waiver_sha256"]))
    style = base64.b64encode(hashlib.sha256(receipt_style().encode()).digest()).decode()
    return HttpResponse(page, headers={
        "Cache-Control": "no-store", "Content-Type": "text/html; charset=utf-8",
        "Content-Security-Policy": f"default-src 'none'; style-src 'sha256-{style}'; frame-ancestors 'none'",
    })  # fmt: skip


@router.get("/cameras/{camera}/mandates", response=list[ObligationOut])
@policy("consent:mandate:read")
def list_obligations(
    request: HttpRequest, response: HttpResponse, camera: str, time_zone: str = "UTC"
) -> list[ObligationOut]:
    """What obliges the owner's own camera, what the owner made of it, and drafts in the owner's `time_zone`."""
    found = access_camera(principal_of(request), camera)
    response["Cache-Control"] = "no-store"
    return [_obligation_out(obligation, time_zone) for obligation in queries.obligations_of(found.id, utc_now())]


@router.post("/mandates/{mandate}/connect", response=ConnectionOut)
@policy("consent:mandate:connect")
def connect(request: HttpRequest, mandate: str, body: SaidIn) -> ConnectionOut:
    """Connect an obliged camera, or change its terms; anything looser than before needs the owner's signature."""
    return connection_out(services.connect_mandated(principal_of(request), mandate, _said(body), now=utc_now()))


@router.post("/mandates/{mandate}/disconnect", response=ConnectionOut)
@policy("consent:mandate:disconnect")
def disconnect(request: HttpRequest, mandate: str) -> ConnectionOut:
    """Disconnect an obliged camera: one call, no body, no reason. What runs ends."""
    return connection_out(services.disconnect_mandated(principal_of(request), mandate, now=utc_now()))


@router.get("/agency/mandates", response=list[MandateOut])
@policy("consent:mandate:list")
def list_mandates(request: HttpRequest) -> list[MandateOut]:
    """What the caller's agencies recorded, newest first; never whether an owner connected."""
    return [mandate_out(mandate) for mandate in queries.recorded_mandates(principal_of(request))]


@router.post("/cameras/{camera}/mandates", response={201: MandateOut})
@policy("consent:mandate:record")
def record_mandate(request: HttpRequest, camera: str, body: MandateIn) -> Status[MandateOut]:
    """Record that an ordinance obliges this camera; by a manager of the programme's agency."""
    new = NewMandate(CameraId(camera), ProgrammeId(body.programme), body.ordinance_sha256, body.section, body.scope)
    return Status(201, mandate_out(services.record_mandate(principal_of(request), new, now=utc_now())))


def _said(body: SaidIn) -> Said:
    return Said(parse_terms(body.terms), body.owner_signature, body.language, mask_in(body.mask))


def _drafts(camera: Camera, time_zone: str) -> list[DraftOut]:
    if camera.participation is not Participation.VOLUNTARY:
        return []
    now, number = utc_now(), queries.next_number(camera.id)
    drafts = []
    for programme in public_programmes():
        if programme.state in OPEN_STATES:
            offer, _ = offer_of(camera.id, programme.id)
            terms = careful_terms(offer, version=number, time_zone=time_zone, now=now)
            drafts.append(draft_out(terms, programme))
    return drafts


def _obligation_out(obligation: Obligation, time_zone: str) -> ObligationOut:
    mandate, said = obligation.mandate, obligation.connection
    programme, draft = get_programme(mandate.programme), None
    if programme.state in OPEN_STATES:
        number = queries.next_number(mandate.camera)
        widest = mandated_terms(mandate, version=number, time_zone=time_zone, now=utc_now())
        draft = draft_out(widest, programme)
    return ObligationOut(
        mandate=mandate_out(mandate), programme_name=programme.name, agency_name=programme.agency_name, draft=draft,
        connection=None if said is None else connection_out(said),
    )  # fmt: skip
