"""*Keep this*: a running look becomes an item; ends with the mark, the session or the grant, whichever is first."""

from datetime import datetime, timedelta

from django.db import connection, transaction

from consentry.access import queries as access
from consentry.access.types import Session
from consentry.cameras import queries as cameras
from consentry.core.outbox import tell
from consentry.evidence import models
from consentry.evidence.custody import Deed, note_act
from consentry.evidence.services.begin import begin_item, counted_from_close, programme_days
from consentry.evidence.types import Doer, NewItem
from consentry.incidents import queries as incidents
from consentry.kernel.clock import to_ms
from consentry.kernel.errors import Conflict, NotFound
from consentry.kernel.ids import IncidentId, ItemId, PersonId, RecordingId, SessionId, new_id
from consentry.kernel.limits import KEEP_DELIVERY_H

# A look that moved to another gateway, or got more time, goes on as another session of the same grant and viewer.
FOLLOWS = timedelta(seconds=20)


def keep_look(session: Session, *, now: datetime) -> ItemId:
    """Keep what this session shows from now on, and what is cached of its grant. Keeping it twice is keeping it once.

    Whose session it is was checked by the caller.

    Raises: Conflict `look-over`: it does not run. Refused `retention-none`: the programme keeps nothing.
    """
    running = _marked(session, now)
    return running or _keep(session, now)


def _keep(session: Session, now: datetime) -> ItemId:
    """The vault's folder is made before the lock is taken, so that the end of a look never waits for a disk.

    Of two that keep one look at once, and where the look ended meanwhile, what was made in vain is an empty item.
    """
    with transaction.atomic():
        recording = RecordingId(new_id("recording"))
        item = _begin(session, recording, now)
        _alone(session.id)
        found, running = access.find_session(session.id), _running(session.id)
        if found is not None and found.ended_at is None and running is None:
            _mark(item, session, recording, now)
            return ItemId(item.id)
        item.state = "empty"
        item.save(update_fields=["state"])
        note_act(item, Deed("empty"), Doer(), now=now)
    if running is None:
        raise Conflict("this look is over", kind="look-over")
    return running


def _marked(session: Session, now: datetime) -> ItemId | None:
    if session.ended_at is not None or session.expires_at <= now:
        raise Conflict("this look is over", kind="look-over")
    return _running(session.id)


def _running(session: SessionId) -> ItemId | None:
    mark = models.Mark.objects.filter(session=session, ended_at=None).first()
    return None if mark is None else ItemId(mark.item_id)


def _alone(session: SessionId) -> None:
    """Until the transaction ends, one at a time keeps or ends this look: either the keeper sees the end, or the end
    sees the mark.
    """
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(hashtextextended(%s, 0))", [f"consentry-keep {session}"])


def _begin(session: Session, recording: RecordingId, now: datetime) -> models.Item:
    doer = Doer(session.viewer, session.role)
    base, retention_class = counted_from_close(programme_days(session.agency, session.programme), "programme")
    source: dict[str, str | int] = {
        "incident": session.incident, "programme": session.programme, "camera": session.camera, "session": session.id,
        "grant": session.grant, "recording": recording,
    }  # fmt: skip
    new = NewItem(
        agency=session.agency, kind="look", source=source, base=base, retention_class=retention_class,
        camera=session.camera, cell=_cell_of(session), incident=session.incident, programme=session.programme,
        session=session.id,
    )  # fmt: skip
    return begin_item(new, doer, now=now)


@transaction.atomic
def stop_keeping(session: SessionId, *, now: datetime) -> None:
    """End the mark of this session; what was recorded until now is sealed. NotFound when it is not being kept."""
    mark = models.Mark.objects.select_for_update().filter(session=session, ended_at=None).first()
    if mark is None:
        raise NotFound("this look is not being kept")
    _end(mark, "stopped", Doer(mark.person, ""), now)


@transaction.atomic
def end_mark(session: SessionId, reason: str, *, now: datetime) -> None:
    """The session is over: so is its mark. Where it goes on as another session, the item goes on with it."""
    _alone(session)
    mark = models.Mark.objects.select_for_update().filter(session=session, ended_at=None).first()
    if mark is None:
        return
    _end(mark, reason, Doer(), now)
    if reason == "superseded":
        for other in access.running_of_grant(mark.grant, PersonId(mark.person), now):
            _follow(mark, other, now)
            return


@transaction.atomic
def follow_session(session: SessionId, *, now: datetime) -> None:
    """A session opened: if it carries on one that was being kept until a moment ago, it is kept too."""
    found = access.find_session(session)
    if found is None:
        return
    before = models.Mark.objects.select_for_update().filter(
        grant=found.grant, person=found.viewer, end_reason="superseded", ended_at__gt=now - FOLLOWS
    )
    mark = before.order_by("-ended_at").first()
    if mark is not None:
        _follow(mark, found, now)


def take_recorder_state(gateway: str, recording: str, state: str, *, lost_units: int) -> None:
    """The recorder's word on a mark at this gateway; NotFound for any other."""
    found = models.Mark.objects.filter(recording=recording, gateway=gateway)
    if not found.update(state=state, lost_units=lost_units):
        raise NotFound("no such recording at this gateway")
    mark = found.get()
    tell(f"person:{mark.person}", "keep.changed", mark.session)


@transaction.atomic
def close_ended(now: datetime) -> int:
    """Items whose marks are all over and delivered (or not waited for any longer) are to be closed. How many."""
    ready = 0
    for item in models.Item.objects.select_for_update(no_key=True).filter(kind="look", state="open"):
        marks = list(item.marks.all())
        late = now - timedelta(hours=KEEP_DELIVERY_H)
        if all(mark.ended_at and (mark.state == "delivered" or mark.ended_at < late) for mark in marks):
            item.state = "closing" if item.segments else "empty"
            item.save(update_fields=["state"])
            if not item.segments:
                note_act(item, Deed("empty"), Doer(), now=now)
            ready += 1
    return ready


def _mark(item: models.Item, session: Session, recording: RecordingId, now: datetime) -> None:
    models.Mark.objects.create(
        recording=recording, item=item, session=session.id, grant=session.grant, camera=session.camera,
        gateway=session.gateway, person=session.viewer, from_us=to_ms(session.granted_at) * 1_000, begun_at=now,
    )  # fmt: skip
    tell(f"gateway:{session.gateway}", "keeps.changed", recording)
    tell(f"person:{session.viewer}", "keep.changed", session.id)
    if session.owner:
        tell(f"person:{session.owner}", "look.kept", session.camera)


def _end(mark: models.Mark, reason: str, doer: Doer, now: datetime) -> None:
    mark.ended_at, mark.end_reason = now, reason
    mark.save(update_fields=["ended_at", "end_reason"])
    note_act(mark.item, Deed("stopped", why=reason, about=mark.session), doer, now=now)
    tell(f"gateway:{mark.gateway}", "keeps.changed", mark.recording)
    tell(f"person:{mark.person}", "keep.changed", mark.session)


def _follow(before: models.Mark, session: Session, now: datetime) -> None:
    if before.item.state == "open" and not models.Mark.objects.filter(session=session.id, ended_at=None).exists():
        _mark(before.item, session, RecordingId(new_id("recording")), now)


def _cell_of(session: Session) -> str:
    """The cell that the item is spoken of by: the incident's; a city camera's own without one."""
    if session.incident:
        return incidents.get_incident(IncidentId(session.incident)).cell
    return cameras.get_camera(session.camera).cell
