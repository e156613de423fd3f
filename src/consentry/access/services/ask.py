"""Ask to look: lock, gather, decide, draw candidates, open what may open, all in one transaction.

What does not open costs the same statements in the same order, whether an owner refused, is silent, closed the camera
or there is none: an asker who measures must not learn which (`tests/access/test_ask_work.py`).
"""

import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db import connection, transaction

from consentry.access import facts, models
from consentry.access.deciding import Decided, decide_on, keep_decisions, keep_for
from consentry.access.gather import Situation, camera_facts, cameras_now, consents_under, distance_to, gather, seat_of
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
from consentry.notices.services import notify_each

# A camera and what it agreed to under the programme.
Consented = tuple[Camera, Consent]
_CANDIDATE = ("id", "ask_id", "camera", "owner", "state", "asks_owner", "distance_m", "minutes")
_PUT_CANDIDATES = """
INSERT INTO access_candidate (id, ask_id, camera, owner, state, asks_owner, distance_m, minutes)
SELECT id, ask_id, camera, owner, state, asks_owner, distance_m, minutes
FROM jsonb_to_recordset(%s::jsonb) AS one(
    id text, ask_id text, camera text, owner text, state text, asks_owner boolean, distance_m integer, minutes smallint)
"""


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
        refused = not first.decision.allowed or policy is None
        if refused or policy is None:
            keep_decisions([first], situation, ask=ask.id)
            failed += first.decision.failed
        else:
            failed += _look_at_private(policy, situation, ask, first)
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


def _look_at_private(policy: Policy, situation: Situation, ask: models.Ask, first: Decided) -> list[str]:
    """Private views: the conditions told by name; what a camera's terms said is not among them."""
    drawn, refused = _draw(policy, situation)
    ids = [item.camera.id for item in drawn]
    if situation.programme is not None:
        consents.hold_consents(ids, situation.programme.id)
    lock_cameras(ids)
    failed, kept = _take_views(policy, situation.under_locks(), ask, ids)
    decided = [(first, ask.id), *((item, "") for item in refused), *((item, ask.id) for item in kept)]
    keep_for(decided, situation)
    return failed


def _take_views(
    policy: Policy, situation: Situation, ask: models.Ask, ids: Sequence[CameraId]
) -> tuple[list[str], list[Decided]]:
    """Decide on the drawn cameras as they stand under the locks, best first, until the wished views are taken."""
    found, under = cameras_now(ids), consents_under(situation, ids)
    said_no = _said_no(ask)
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
        candidate, refused = _take(situation, ask, item, is_asked=name not in said_no)
        candidates.append(candidate)
        failed += [*refused, *told(item.decided.decision.failed, policy.rules)]
        if candidate.state == OPENED:
            situation = situation.with_opened(name)
    _write_candidates(candidates)
    notify_each([(PersonId(one.owner), one.id) for one in candidates if one.asks_owner], "ask.opened")
    return failed, kept


def _take(situation: Situation, ask: models.Ask, item: Drawn, *, is_asked: bool) -> tuple[models.Candidate, list[str]]:
    """Open a candidate, ask its owner, or leave it closed: its row, and what the database itself refused."""
    away = distance_to(item.camera, None if situation.incident is None else situation.incident.place)
    state, refused = ASKING if item.waits else CLOSED, []
    if item.decided.decision.allowed:
        refused = try_open(situation, Plan(ask, item.camera, item.consent, item.decided.decision, away))
        state = CLOSED if refused else OPENED
    candidate = models.Candidate(
        id=new_id("candidate"), ask=ask, camera=item.camera.id, owner=item.camera.owner or "", state=state,
        asks_owner=state == ASKING and is_asked, distance_m=away,
        minutes=min(item.consent.terms.max_minutes_per_grant, MAX_GRANT_MIN),
    )  # fmt: skip
    return candidate, refused


def _said_no(ask: models.Ask) -> frozenset[str]:
    """Cameras whose owner said no to this incident before. They are not asked again, and nobody can tell."""
    rows = models.Candidate.objects.filter(ask__incident=ask.incident, state=NO)
    return frozenset(rows.values_list("camera", flat=True))


def _write_candidates(candidates: Sequence[models.Candidate]) -> None:
    """All in one statement, which none is too."""
    rows = [{name: getattr(one, name) for name in _CANDIDATE} for one in candidates]
    with connection.cursor() as cursor:
        cursor.execute(_PUT_CANDIDATES, [json.dumps(rows)])


def _draw(policy: Policy, situation: Situation) -> tuple[list[Drawn], list[Decided]]:
    """The incident's candidates, best first: those drawn before, then new ones while there is room. And what was
    decided against others, for their owners and the auditor.

    Bounded by 5 (10 once a second person agreed), so that asking again and again never walks down the street.
    """
    incident = situation.incident
    if incident is None or incident.place is None:
        return [], []
    mark = fingerprint(incident.type_code, incident.place)
    # The incident's row is locked: nobody else makes or changes its draw.
    draw = situation.draw or models.Draw(agency=incident.agency, incident=incident.id)
    known = [CameraId(camera) for camera in draw.cameras] if draw.fingerprint == mark else []
    room = MAX_PRIVATE_CAMERAS_PER_INCIDENT * (2 if draw.second_person else 1) - len(known)
    before, around = _candidates(situation, known)
    drawn = [_decide(policy, situation, *one) for one in before]
    more, refused = _draw_more(policy, situation, around, room)
    drawn += more
    draw.fingerprint = mark
    draw.cameras = [*known, *(item.camera.id for item in drawn if item.camera.id not in known)]
    draw.save(update_fields=None if draw.pk is None else ["fingerprint", "cameras"])
    return drawn, refused


def _draw_more(
    policy: Policy, situation: Situation, around: Sequence[Consented], room: int
) -> tuple[list[Drawn], list[Decided]]:
    """Up to `room` of the cameras `around` that may open, and what was decided against those before them.

    It looks around without room as well: an incident with five willing cameras must not be answered sooner.
    """
    chosen: list[Drawn] = []
    refused: list[Decided] = []
    for camera, consent in around:
        if len(chosen) >= room:
            break
        item = _decide(policy, situation, camera, consent)
        if item.may_open:
            chosen.append(item)
        else:
            refused.append(item.decided)
    return chosen, refused


def _candidates(situation: Situation, known: Sequence[CameraId]) -> tuple[list[Consented], list[Consented]]:
    """Those of `known` with a consent under the programme, in their order, and the best others around the call.

    Read at once: how many portions it took would tell how many cameras there are and would not open.
    """
    best = _best_around(situation, frozenset(known))
    under = consents_under(situation, [*known, *best])
    found = cameras_now(list(under))
    before, around = ([(found[name], under[name]) for name in ids if name in found] for ids in (known, best))
    return before, around


def _best_around(situation: Situation, known: frozenset[CameraId]) -> list[CameraId]:
    incident, programme = situation.incident, situation.programme
    if incident is None or incident.place is None or programme is None:
        return []
    place = incident.place
    around = cameras.near(place, min(programme.max_distance_m, MAX_DISTANCE_M), Klass.PRIVATE)
    ranked = sorted((rank_key(camera, place), camera.id) for camera in around if camera.id not in known)
    return [camera for _, camera in ranked[:MAX_EVALUATED]]


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
