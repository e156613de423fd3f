"""Ask to look: lock, gather, decide, draw candidates, open what may open, all in one transaction."""

import hashlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import islice

from django.db import transaction

from consentry.access import facts, models
from consentry.access.deciding import Decided, decide_on, keep_decisions
from consentry.access.gather import Situation, camera_facts, consents_under, distance_to, gather, seat_of
from consentry.access.locks import lock_cameras
from consentry.access.policy import Policy
from consentry.access.publish import in_force
from consentry.access.rules import ANSWER_RULE, MAX_EVALUATED, fingerprint, rank_key, told
from consentry.access.services.open import Plan, try_open
from consentry.access.services.settle import settle_ask
from consentry.access.types import ASKING, ASKING_OWNERS, CLOSED, NO, OPENED, AskRequest
from consentry.cameras import queries as cameras
from consentry.cameras.types import Camera, Klass
from consentry.consent import queries as consents
from consentry.consent.types import Consent
from consentry.core.principal import Principal
from consentry.incidents import queries as incidents
from consentry.kernel.canonical import to_b64
from consentry.kernel.errors import Malformed
from consentry.kernel.holder import load_point
from consentry.kernel.ids import AskId, CameraId, PersonId, new_id
from consentry.kernel.limits import (
    MAX_DISTANCE_M,
    MAX_GRANT_MIN,
    MAX_PRIVATE_CAMERAS_PER_INCIDENT,
    MAX_VIEWS_PER_ASK,
    OWNER_ANSWER_S,
)
from consentry.notices.services import notify

FIRST_PORTION = 8


@dataclass(frozen=True)
class Drawn:
    """One candidate with what it was decided on."""

    camera: Camera
    consent: Consent
    decided: Decided

    @property
    def may_open(self) -> bool:
        """Allowed, or only waiting for its owner's yes."""
        return self.decided.decision.allowed or self.waits

    @property
    def waits(self) -> bool:
        """Does nothing but the owner's yes fail?"""
        return self.decided.decision.failed == (ANSWER_RULE,)


@transaction.atomic
def ask_to_look(principal: Principal, request: AskRequest, *, now: datetime) -> AskId:
    """Decide an ask and open what may open at once. Returns its id; a refusal is an answer too, not an error.

    Raises:
        Malformed: views, cameras or holder key out of shape. NotFound: not an incident or camera of the asker's.
    """
    _check(request)
    incident = None
    if request.incident is not None:
        incident = incidents.access_incident(principal, request.incident, lock=True)
    city = [cameras.access_public_camera(principal, camera) for camera in request.public_cameras]
    agency = incident.agency if incident is not None else city[0].agency
    who = seat_of(principal, agency)
    wished = facts.Request(purpose=request.purpose, views=max(1, request.views))
    situation = gather(who, incident, wished, now)
    policy = in_force(now)
    ask = _write_ask(situation, request, policy)
    failed, refused = _look_at_city(policy, situation, ask, city), False
    if request.views and incident is not None:
        first = decide_on(policy, "Ask", situation, ("Incident", incident.id), situation.ask_facts())
        keep_decisions([first], situation, ask=ask.id)
        refused = not first.decision.allowed or policy is None
        failed += first.decision.failed if refused or policy is None else _look_at_private(policy, situation, ask)
    if failed:
        ask.failed = sorted(set(failed))
        ask.save(update_fields=["failed"])
    settle_ask(ask, now=now, refused=refused)
    return AskId(ask.id)


def _look_at_city(policy: Policy | None, situation: Situation, ask: models.Ask, city: Sequence[Camera]) -> list[str]:
    """City cameras asked for by name: every failed condition is told."""
    failed: list[str] = []
    for camera in city:
        decided = decide_on(policy, "LookPublic", situation, ("Camera", camera.id), situation.public_facts(camera))
        keep_decisions([decided], situation, ask=ask.id)
        failed += decided.decision.failed
        if decided.decision.allowed:
            away = 0 if situation.incident is None else distance_to(camera, situation.incident.place)
            failed += try_open(situation, Plan(ask, camera, None, decided.decision, away))
    return failed


def _look_at_private(policy: Policy, situation: Situation, ask: models.Ask) -> list[str]:
    """Private views: the conditions told by name; what a camera's terms said is not among them."""
    ids = [item.camera.id for item in _draw(policy, situation)]
    if situation.programme is not None:
        consents.hold_consents(ids, situation.programme.id)
    lock_cameras(ids)
    return _take_views(policy, situation.under_locks(), ask, ids)


def _take_views(policy: Policy, situation: Situation, ask: models.Ask, ids: Sequence[CameraId]) -> list[str]:
    """Decide on the drawn cameras as they stand under the locks, best first, until the wished views are taken."""
    found, under = cameras.get_cameras(ids), consents_under(situation, ids)
    failed: list[str] = []
    kept: list[Decided] = []
    candidates: list[models.Candidate] = []
    for name in ids:
        if sum(candidate.state != CLOSED for candidate in candidates) >= ask.views:
            break
        if name not in found or name not in under:
            continue
        item = _decide(policy, situation, found[name], under[name])
        kept.append(item.decided)
        candidate, refused = _take(situation, ask, item)
        candidates.append(candidate)
        failed += [*refused, *told(item.decided.decision.failed, policy.rules)]
        if candidate.state == OPENED:
            situation = situation.with_opened(name)
    models.Candidate.objects.bulk_create(candidates)
    keep_decisions(kept, situation, ask=ask.id)
    return failed


def _take(situation: Situation, ask: models.Ask, item: Drawn) -> tuple[models.Candidate, list[str]]:
    """Open a candidate, ask its owner, or leave it closed: its row, and what the database itself refused."""
    away = distance_to(item.camera, None if situation.incident is None else situation.incident.place)
    state, refused = ASKING if item.waits else CLOSED, []
    if item.decided.decision.allowed:
        refused = try_open(situation, Plan(ask, item.camera, item.consent, item.decided.decision, away))
        state = CLOSED if refused else OPENED
    candidate = models.Candidate(
        id=new_id("candidate"), ask=ask, camera=item.camera.id, owner=item.camera.owner or "", state=state,
        asks_owner=state == ASKING and not _said_no(ask, item.camera.id), distance_m=away,
        minutes=min(item.consent.terms.max_minutes_per_grant, MAX_GRANT_MIN),
    )  # fmt: skip
    if candidate.asks_owner:
        notify(PersonId(candidate.owner), "ask.opened", candidate.id)
    return candidate, refused


def _said_no(ask: models.Ask, camera: CameraId) -> bool:
    """Did this owner say no to this incident before? Then they are not asked again, and nobody can tell."""
    return models.Candidate.objects.filter(ask__incident=ask.incident, camera=camera, state=NO).exists()


def _draw(policy: Policy, situation: Situation) -> list[Drawn]:
    """The incident's candidates, best first: those drawn before, then new ones while there is room.

    Bounded by 5 (10 once a second person agreed), so that asking again and again never walks down the street.
    """
    incident = situation.incident
    if incident is None or incident.place is None:
        return []
    mark = fingerprint(incident.type_code, incident.place)
    # The incident's row is locked: nobody else makes or changes its draw.
    draw = situation.draw or models.Draw(agency=incident.agency, incident=incident.id)
    known = [CameraId(camera) for camera in draw.cameras] if draw.fingerprint == mark else []
    room = MAX_PRIVATE_CAMERAS_PER_INCIDENT * (2 if draw.second_person else 1) - len(known)
    drawn = _evaluate(policy, situation, known)
    if room > 0:
        drawn += _draw_more(policy, situation, set(known), room)
    draw.fingerprint = mark
    draw.cameras = [*known, *(item.camera.id for item in drawn if item.camera.id not in known)]
    draw.save(update_fields=None if draw.pk is None else ["fingerprint", "cameras"])
    return drawn


def _draw_more(policy: Policy, situation: Situation, known: set[CameraId], room: int) -> list[Drawn]:
    """Up to `room` cameras that may open, best first. Those that may not are kept for owner and auditor."""
    chosen: list[Drawn] = []
    refused: list[Decided] = []
    for camera, consent in islice(_ranked(situation, known), MAX_EVALUATED):
        item = _decide(policy, situation, camera, consent)
        if item.may_open:
            chosen.append(item)
        else:
            refused.append(item.decided)
        if len(chosen) == room:
            break
    keep_decisions(refused, situation)
    return chosen


def _ranked(situation: Situation, known: set[CameraId]) -> Iterator[tuple[Camera, Consent]]:
    """Cameras around the call with a consent under the programme, best first.

    Read in growing portions: mostly the first few will do, and a street may hold a thousand cameras.
    """
    incident, programme = situation.incident, situation.programme
    if incident is None or incident.place is None or programme is None:
        return
    place = incident.place
    around = cameras.near(place, min(programme.max_distance_m, MAX_DISTANCE_M), Klass.PRIVATE)
    ranked = sorted((rank_key(camera, place), camera.id) for camera in around if camera.id not in known)
    start, size = 0, FIRST_PORTION
    while start < len(ranked):
        ids = [camera for _, camera in ranked[start : start + size]]
        under = consents_under(situation, ids)
        found = cameras.get_cameras(under)
        yield from ((found[name], under[name]) for name in ids if name in found)
        start, size = start + size, 2 * size


def _evaluate(policy: Policy, situation: Situation, ids: Sequence[CameraId]) -> list[Drawn]:
    found, under = cameras.get_cameras(ids), consents_under(situation, ids)
    return [_decide(policy, situation, found[name], under[name]) for name in ids if name in found and name in under]


def _decide(policy: Policy, situation: Situation, camera: Camera, consent: Consent) -> Drawn:
    context = situation.private_facts(camera_facts(situation, camera, consent), camera.id)
    return Drawn(camera, consent, decide_on(policy, "LookPrivate", situation, ("Camera", camera.id), context))


def _write_ask(situation: Situation, request: AskRequest, policy: Policy | None) -> models.Ask:
    who = situation.who
    return models.Ask.objects.create(
        id=new_id("ask"), person_id=who.person, agency=who.agency, role=who.role, mfa=who.mfa,
        programme="" if situation.programme is None else situation.programme.id, incident=request.incident or "",
        purpose=request.purpose, views=request.views,
        holder_sha256=to_b64(hashlib.sha256(request.holder_key).digest()), state=ASKING_OWNERS,
        policy_sha256="" if policy is None else policy.sha256, asked_at=situation.now,
        ends_at=situation.now + timedelta(seconds=OWNER_ANSWER_S),
    )  # fmt: skip


def _check(request: AskRequest) -> None:
    load_point(request.holder_key)
    if not 0 <= request.views <= MAX_VIEWS_PER_ASK or len(request.public_cameras) > MAX_VIEWS_PER_ASK:
        raise Malformed("an ask is for at most five views")
    if len(set(request.public_cameras)) != len(request.public_cameras):
        raise Malformed("a camera is named once")
    if request.views and request.incident is None:
        raise Malformed("private views need an incident")
    if not request.views and not request.public_cameras:
        raise Malformed("an ask is for at least one view")
    if len(request.purpose) > 64:
        raise Malformed("a purpose is a code")
