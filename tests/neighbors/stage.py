"""A small city of neighbours, made through the services."""

import io
from datetime import datetime, timedelta
from fractions import Fraction
from typing import cast

import av
import numpy as np
from av.video.codeccontext import VideoCodecContext
from av.video.frame import VideoFrame
from tests.cameras.stage import CENTRE, freeze_city
from tests.sign_in import make_person

from consentry.core.principal import MFA_SECOND, Principal, Seat
from consentry.kernel.clock import utc_now
from consentry.kernel.geo import Place, offset
from consentry.kernel.ids import AgencyId
from consentry.kernel.roles import Role
from consentry.neighbors import services
from consentry.neighbors.alert_schemas import AlertIn, new_alert
from consentry.neighbors.models import Neighbor
from consentry.neighbors.types import Joining, NewPost, PostCategory, Tell

TEXTS = (
    "A tree fell across the foot path beside the school after the storm.",
    "Found a brown dog without a collar, it is friendly and very hungry.",
    "Our library gets a new reading room for children next Saturday, come by!",
    "The light at the crossing has been dark for two nights now.",
    "Somebody broke two car windows in our street last night around eleven.",
)


def make_neighbor(
    *, days: int = 30, tell: Tell = Tell.ALL, radius_m: int = 1_600, place: Place | None = None
) -> Principal:
    """A resident who joined `days` ago in the middle of the city."""
    freeze_city()
    principal = Principal(person=make_person(), seats=frozenset({Seat(Role.OWNER)}), mfa_level=1)
    joined = utc_now() - timedelta(days=days)
    services.join(principal, Joining(place or CENTRE, radius_m, tell), now=joined)
    return principal


def make_moderator() -> Principal:
    """A moderator with a second factor."""
    return Principal(person=make_person(Role.MODERATOR), seats=frozenset({Seat(Role.MODERATOR)}), mfa_level=MFA_SECOND)


def make_issuer(agency: AgencyId, role: Role = Role.SUPERVISOR) -> Principal:
    """Somebody of an agency."""
    return Principal(person=make_person(role, agency), seats=frozenset({Seat(role, agency)}), mfa_level=MFA_SECOND)


def post(author: Principal, text: str = TEXTS[0], *, at: datetime | None = None, **said: object) -> str:
    """A post of `author`; a safety one unless said otherwise."""
    new = NewPost(cast("PostCategory", said.pop("category", PostCategory.SAFETY)), text, **said)  # type: ignore[arg-type]  # a test's own words
    return services.write_post(author, new, now=at or utc_now())


def square(side_m: float = 600, centre: Place = CENTRE) -> tuple[Place, ...]:
    """A square area around the middle of the city."""
    reach = side_m / 2**0.5
    return tuple(offset(centre, bearing=45 + 90 * turn, metres=reach) for turn in range(4))


def cell_of_person(person: object) -> str:
    """The cell that somebody lives in."""
    return Neighbor.objects.get(person=person).cell


def picture_file(form: str = "mjpeg", width: int = 320, height: int = 240) -> bytes:
    """A picture of grey ramps as JPEG (`mjpeg`) or PNG (`png`)."""
    ramp = np.linspace(0, 255, width, dtype=np.uint8)
    pixels = np.repeat(np.tile(ramp, (height, 1))[:, :, None], 3, axis=2)
    kind = "yuvj420p" if form == "mjpeg" else "rgb24"
    frame = VideoFrame.from_ndarray(pixels, "rgb24").reformat(format=kind)
    encoder = cast("VideoCodecContext", av.CodecContext.create(form, "w"))
    encoder.width, encoder.height, encoder.pix_fmt, encoder.time_base = width, height, kind, Fraction(1, 25)
    frame.pts = 0
    return b"".join(bytes(packet) for packet in [*encoder.encode(frame), *encoder.encode(None)])


def video_file(form: str = "mp4", frames: int = 25) -> bytes:
    """A second of moving grey in a container of this form, with sound and a title that must not survive."""
    made = io.BytesIO()
    with av.open(made, "w", format=form) as target:
        target.metadata["title"] = "37.7749,-122.4194 Oak Street 12"
        track = target.add_stream("mpeg4", rate=25)
        track.width, track.height, track.pix_fmt = 320, 240, "yuv420p"
        for number in range(frames):
            pixels = np.full((240, 320, 3), number * 9 % 256, np.uint8)
            frame = VideoFrame.from_ndarray(pixels, "rgb24").reformat(format="yuv420p")
            frame.pts = number
            target.mux(track.encode(frame))
        target.mux(track.encode(None))
    return made.getvalue()


def alert_body(*, side_m: float = 600, hours: float = 2, **said: object) -> dict[str, object]:
    """An official alert as the API takes it."""
    return {
        "category": "Infra", "response": "Avoid", "urgency": "Immediate", "severity": "Severe",
        "certainty": "Observed", "area_name": "Around the school",
        "texts": [{
            "language": "en", "event": "Gas leak", "headline": "Gas leak at the school",
            "description": "Keep away from Oak Street.", "instruction": "Leave on foot.",
        }],
        "corners": [{"lat": corner.lat, "lon": corner.lon} for corner in square(side_m)],
        "expires_at": (utc_now() + timedelta(hours=hours)).isoformat(), **said,
    }  # fmt: skip


def issue(issuer: Principal, agency: str, **said: object) -> str:
    """An official alert around the middle of the city."""
    freeze_city()
    return services.issue_alert(issuer, agency, new_alert(AlertIn(**alert_body(**said))), now=utc_now())  # type: ignore[arg-type]  # a test's own words
