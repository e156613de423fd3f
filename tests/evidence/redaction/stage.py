"""What the tests of the room's redactions share: a sealed item with drawn heads, a redaction at each of its stages."""

from tests.access.stage import Stage
from tests.evidence.redact.stage import film
from tests.evidence.stage import looking, segment, work

from consentry.core.principal import Principal
from consentry.evidence import models, services
from consentry.evidence.redact.types import Plan, Region, RegionKey, View
from consentry.evidence.redaction import queries
from consentry.evidence.redaction import services as redactions
from consentry.evidence.redaction.rules import Change, Found
from consentry.evidence.redaction.work import find_due, release_due
from consentry.kernel.clock import utc_now
from consentry.kernel.ids import RedactionId

CORNER = ((0, 0), (2_000, 0), (2_000, 2_000), (0, 2_000))
NOTHING = Change((), (), keep_sound=False, sound_spans=())


def sealed_film(*films: bytes) -> tuple[Stage, models.Item]:
    """A kept look whose segments are `films` (the stage's film by itself), sealed."""
    stage, session = looking()
    item = services.keep_look(session, now=utc_now())
    mark = models.Mark.objects.get(item=item)
    for number, body in enumerate(films or (film(),)):
        said, _ = segment(mark, number, body=body)
        services.take_segment(stage.gateway, said, [body], now=utc_now())
    services.stop_keeping(session.id, now=utc_now())
    services.take_recorder_state(stage.gateway, mark.recording, "delivered", lost_units=0)
    work()
    row = models.Item.objects.get(id=item)
    assert row.state == "sealed"
    return stage, row


def begun(who: Principal, item: models.Item, *, finds_faces: bool = False) -> RedactionId:
    """A redaction, just begun."""
    return redactions.begin_redaction(who, item.id, "Neighbours", finds_faces=finds_faces, now=utc_now())


def opened(who: Principal, item: models.Item, *, finds_faces: bool = False) -> RedactionId:
    """A redaction that can be worked at."""
    name = begun(who, item, finds_faces=finds_faces)
    assert find_due(utc_now()) == 1
    return name


def row_of(name: str) -> models.Redaction:
    """Its row as it is now."""
    return models.Redaction.objects.get(id=name)


def plan_now(name: str) -> tuple[Found, Plan]:
    """What was found, and the plan as people changed it."""
    row = row_of(name)
    found = queries.found_of(row)
    return found, queries.plan_of(row, found)


def region(name: str = "door", *, end: int = 60, first: int = 0) -> Region:
    """The picture's first fifth, hidden from `first` to `end`."""
    return Region(name, (RegionKey(first, CORNER),), end)


def seen(who: Principal, name: str, *numbers: int) -> None:
    """`who` is shown these ranges (all of them by itself) and says so."""
    found, _ = plan_now(name)
    for number in numbers or range(len(found.ranges)):
        shown = redactions.show_range(who, name, number, View.HIDDEN, now=utc_now())
        redactions.review_range(who, name, number, shown.sha256, now=utc_now())


def released(who: Principal, name: str) -> models.Item:
    """Released, rendered, sealed: the derivative."""
    redactions.release_redaction(who, name, row_of(name).revision, now=utc_now())
    assert release_due(utc_now()) == 1
    work()
    item = row_of(name).derivative
    assert item is not None
    item.refresh_from_db()
    return item
