"""A look whose segments are films, disclosed and opened."""

from typing import Any

from django.test import Client
from tests.access.stage import Stage
from tests.evidence.stage import looking, segment, work
from tests.evidence.test_disclosure import made, opened

from consentry.evidence import models, services
from consentry.evidence.redact.bench_film import Walker, make_film
from consentry.kernel.clock import utc_now

SECOND_US = 1_000_000
FRAMES = 175
SIZE = (320, 240)


def film(frames: int = FRAMES) -> bytes:
    """Seven seconds: a piece of six and one of one."""
    return make_film(SIZE, frames, (Walker(40, (20, 40), (0.5, 0.1)),))


def sealed_films(*films: bytes) -> tuple[Stage, models.Item]:
    """A sealed look of these films, ten seconds from one's beginning to the next."""
    stage, session = looking()
    item = services.keep_look(session, now=utc_now())
    mark = models.Mark.objects.get(item=item)
    first: int | None = None
    for number, body in enumerate(films):
        said, _ = segment(mark, number, body=body)
        first = said.start_us if first is None else first
        start = first + number * 10 * SECOND_US
        said, _ = segment(mark, number, body=body, start_us=start, end_us=start + 7 * SECOND_US)
        services.take_segment(stage.gateway, said, [body], now=utc_now())
    services.stop_keeping(session.id, now=utc_now())
    services.take_recorder_state(stage.gateway, mark.recording, "delivered", lost_units=0)
    work()
    row = models.Item.objects.get(id=item)
    assert row.state == "sealed"
    return stage, row


def disclosed(*films: bytes, **more: Any) -> tuple[Stage, models.Item, Client, dict[str, Any]]:
    """The same, shown to a recipient who opened it."""
    stage, item = sealed_films(*films)
    said = made(stage, item.id, **more)
    return stage, item, opened(said), said
