"""An owner of whom every room holds something, and what is left of them."""

from dataclasses import dataclass, replace
from datetime import timedelta

from tests.architecture.person_columns import person_columns
from tests.cameras.stage import CENTRE
from tests.faults.world import World, make_world
from tests.neighbors.stage import TEXTS, make_moderator, make_neighbor, picture_file
from tests.neighbors.stage import post as write_post
from tests.sign_in import client_for

from consentry.cameras.services import invite_guest, take_invitation
from consentry.core.announcements import wire
from consentry.core.personal import personal_rooms
from consentry.core.principal import Principal
from consentry.evidence.services import advance_uploads
from consentry.kernel.clock import utc_now
from consentry.kernel.ids import PersonId
from consentry.kernel.owner_record import public_point
from consentry.neighbors import services as neighbors
from consentry.neighbors.models import Review
from consentry.neighbors.types import Decision, Joining, RemovalReason, Tell, Verdict
from consentry.notices.models import PushSubscription
from consentry.notices.services import mute, notify, wish_email
from consentry.notices.types import Channel, Mute
from consentry.project.wiring import table
from consentry.requests.services import seal_due, set_wishes
from consentry.requests.types import Wishes


@dataclass
class Leaver:
    """Somebody in the middle of everything: `principal` has just signed in."""

    world: World
    principal: Principal
    posts: list[str]

    @property
    def person(self) -> PersonId:
        """Their id."""
        assert self.principal.person is not None
        return self.principal.person


def make_leaver() -> Leaver:
    """The owner of the home that answered the world's request, who is a neighbour, a guest and a reporter as well."""
    world = make_world()
    wire(table())
    home = next(one for one in world.stage.homes if one.camera.id == world.ids["camera"][0])
    advance_uploads(utc_now())
    seal_due(utc_now())
    me = replace(home.owner.principal, signed_in_at=utc_now())
    leaver = Leaver(world, me, [])
    client_for(leaver.person)
    _live_as_neighbor(leaver)
    _share(leaver)
    _be_told(leaver)
    return leaver


def left_of(person: PersonId) -> dict[str, int]:
    """How many rows still name `person`, by column."""
    counts = {
        name: model._default_manager.filter(**{field.attname: person}).count()
        for name, model, field in person_columns()
    }
    return {name: count for name, count in counts.items() if count}


def may_stay() -> set[str]:
    """Columns whose rooms say why they stay."""
    rooms = personal_rooms()
    return {f"{one.room}.{name}" for one in rooms for name, held in one.columns.items() if held.stays is not None}


def _live_as_neighbor(leaver: Leaver) -> None:
    me, now = leaver.principal, utc_now()
    neighbors.join(me, Joining(CENTRE, 1_600, Tell.ALL), now=now - timedelta(days=30))
    other, moderator = make_neighbor(), make_moderator()
    theirs = write_post(other, TEXTS[3])
    picture = neighbors.take_picture(me, picture_file(), now=now)
    leaver.posts += [write_post(me, TEXTS[1], pictures=(picture,)), write_post(me, TEXTS[4])]
    neighbors.take_picture(me, picture_file(), now=now)
    neighbors.comment(other, leaver.posts[0], "Where was it found?", now=now)
    neighbors.comment(me, theirs, "Ours is dark as well.", now=now)
    neighbors.thank(me, theirs)
    neighbors.report(me, theirs, RemovalReason.FALSE_ALARM, "It is bright.", now=now)
    neighbors.note_seen(leaver.person, [(theirs, 1)], now=now)
    neighbors.ask_for_mask(me, CENTRE, "My door, please.", now=now)
    neighbors.report(other, leaver.posts[1], RemovalReason.HATE, "", now=now)
    review = Review.objects.get(subject=leaver.posts[1]).id
    neighbors.claim(moderator, review, now=now)
    neighbors.decide(moderator, review, Decision(Verdict.REMOVE, RemovalReason.HATE, "It hurts."), now=now)
    neighbors.appeal(me, review, "It is what happened.", now=now)


def _share(leaver: Leaver) -> None:
    """Somebody else's camera is shared with them."""
    other = leaver.world.stage.add_home()
    code = invite_guest(other.owner.principal, other.camera.id, now=utc_now())
    take_invitation(leaver.principal, code, public_point(leaver.world.stage.holder), now=utc_now())


def _be_told(leaver: Leaver) -> None:
    notify(leaver.person, "look.started", leaver.world.ids["camera"][0])
    wish_email(leaver.person, wanted=True)
    mute(leaver.person, Mute("look.started", Channel.EMAIL), is_muted=True)
    PushSubscription.objects.create(
        person_id=leaver.person, endpoint="https://push.example.org/secret", p256dh=b"p", auth=b"a", made_at=utc_now()
    )
    set_wishes(leaver.person, Wishes(opted_out=False, most_per_week=2))
