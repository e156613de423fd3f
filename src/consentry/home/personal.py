"""What this room hands to an owner: every look at a camera of theirs, also at one that is gone, with its proof."""

from collections.abc import Iterator
from dataclasses import asdict

from consentry.core.personal import RoomData, Row, Section
from consentry.home.queries import looks_of_owner
from consentry.kernel.clock import utc_now
from consentry.kernel.ids import PersonId


def _looks(person: PersonId) -> Iterator[Row]:
    for camera, look in looks_of_owner(person, now=utc_now()):
        said = asdict(look)
        yield {"look": said.pop("id"), "camera": camera, **said}


PERSONAL = RoomData("home", {}, (Section("looks", _looks),))
