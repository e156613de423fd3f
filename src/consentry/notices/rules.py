"""What is told beyond the page, for how long it is worth telling, and when to try again. Pure."""

from collections.abc import Sequence
from datetime import timedelta
from urllib.parse import urlsplit

# Kinds that leave the house, and how long they are worth it; all others stay on the page.
WORTH: dict[str, timedelta] = {
    "ask.opened": timedelta(minutes=5),
    "clip.held": timedelta(days=7),
    "edge.doubled": timedelta(days=1),
    "flag.raised": timedelta(days=1),
    "item.damaged": timedelta(days=7),
    "look.ended": timedelta(days=1),
    "look.started": timedelta(minutes=30),
    "mandate.recorded": timedelta(days=7),
}
MAX_TRIES = 5
FIRST_WAIT = timedelta(seconds=15)
MAX_PER_HOUR = 20
MAX_BROWSERS = 10


def wait_after(tries: int) -> timedelta:
    """How long to wait after the `tries`-th attempt failed: 15 s, then four times as long each time."""
    return FIRST_WAIT * int(4 ** (tries - 1))


def is_push_address(endpoint: str, services: Sequence[str]) -> bool:
    """Does `endpoint` belong to one of `services` (`https://host[:port]`, a host may begin with `*.`)?

    The server calls this address, so anything else could make it call machines that only it can reach.
    """
    try:
        said = urlsplit(endpoint)
        host, port = (said.hostname or "").lower(), said.port
    except ValueError:
        return False
    if said.username is not None or said.password is not None or not endpoint.isascii() or not endpoint.isprintable():
        return False
    return any(_matches(said.scheme, host, port, service) for service in services)


def _matches(scheme: str, host: str, port: int | None, service: str) -> bool:
    known = urlsplit(service)
    name = (known.hostname or "").lower()
    is_host = host.endswith(name[1:]) and host[0] != "." if name.startswith("*.") else host == name
    return scheme == known.scheme and port == known.port and is_host
