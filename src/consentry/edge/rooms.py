"""What a gateway link works with."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from consentry.edge.letters import Desk
from consentry.edge.looks import Looks
from consentry.edge.low_streams import LowStreams
from consentry.edge.opening_desk import OpeningDesk
from consentry.edge.own_looks import OwnLooks
from consentry.edge.pull import CameraFeed
from consentry.edge.turning import TurnDesk
from consentry.kernel.ids import CameraId


@dataclass(frozen=True)
class Rooms:
    """`feeds`: the cameras read here; `greet`: a signed letter to say on connecting; `warnings`: what is wrong with
    pictures that come, by camera; `state_of`: the word for a feed; `own`: the owner's looks at their own cameras.
    """

    desk: Desk
    looks: Looks
    openings: OpeningDesk
    feeds: Mapping[CameraId, CameraFeed]
    greet: Callable[[], Mapping[str, Any] | None]
    turns: TurnDesk
    warnings: Callable[[], Mapping[CameraId, tuple[str, ...]]]
    state_of: Callable[[CameraFeed], str]
    low: LowStreams
    own: OwnLooks
