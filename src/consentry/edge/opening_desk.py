"""From what a gateway presents to a running look: parse, fetch what the proof still needs, let the guard decide."""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field

from consentry.edge.guard import Denied
from consentry.edge.looks import Look, Looks, Request
from consentry.edge.pull import CameraFeed
from consentry.edge.watch import LogWatch
from consentry.kernel.canonical import canonical_json, from_b64
from consentry.kernel.errors import ConsentryError, Malformed, Untrusted
from consentry.kernel.holder import POINT_BYTES, SIGNATURE_BYTES, load_point, verify_holder
from consentry.kernel.ids import CameraId, GatewayId
from consentry.kernel.opening import Opening, parse_opening
from consentry.kernel.sealed_unit import box_message


@dataclass(frozen=True)
class Presented:
    """As it came over the link from gateway `audience`, nothing checked."""

    session: str
    audience: GatewayId
    opening: object
    ticket: object
    box: Mapping[str, object] = field(default_factory=dict)


class OpeningDesk:
    """Decides about new looks; one per edge."""

    def __init__(self, looks: Looks, watch: LogWatch, feeds: Mapping[CameraId, CameraFeed]) -> None:
        self._looks, self._watch, self._feeds = looks, watch, feeds

    async def open(self, presented: Presented) -> Look | Denied:
        """A running look, or why not. An opening that cannot show a picture is refused before it is used up."""
        try:
            opening, ticket = _parse(presented)
            feed = self._feeds.get(CameraId(opening.text("camera")))
            if feed is None:
                return Denied("unknown-camera")
            if not feed.cached():
                return Denied("camera-offline")
            feed.picture()
            bridge = await self._watch.bridge_to(opening.checkpoint)
        except ConsentryError as error:
            return Denied(error.kind)
        request = Request(presented.session, presented.audience, opening, ticket, bridge.witnessed, bridge.hashes)
        return self._looks.open(request)


def box_key_of(look: Look, box: Mapping[str, object]) -> bytes:
    """The viewer's box key (65 bytes) for a sealed look, signed by the holder that ticket and opening name.

    Raises Malformed or Untrusted: the gateway that handed it on may not put its own in its place.
    """
    holder, key = (from_b64(str(box.get(name, "")), length=POINT_BYTES) for name in ("holder_key", "box_key"))
    ticket = look.allowed.ticket
    if hashlib.sha256(holder).digest() != ticket.holder_sha256:
        raise Untrusted("another viewer's key", kind="holder-other")
    signature = from_b64(str(box.get("box_signature", "")), length=SIGNATURE_BYTES)
    verify_holder(holder, signature, box_message(ticket.leaf, key))
    load_point(key)
    return key


def _parse(presented: Presented) -> tuple[Opening, bytes]:
    if not isinstance(presented.opening, dict) or not isinstance(presented.ticket, str):
        raise Malformed("an opening and a ticket are presented")
    return parse_opening(canonical_json(presented.opening)), from_b64(presented.ticket)
