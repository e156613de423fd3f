"""Is the edge beside us alive? For a container's health check: asks its page, which answers before pairing too."""

import http.client
import json

from consentry.edge.settings import EdgeSettings
from consentry.kernel.errors import Unavailable

PATIENCE_S = 3.0
MAX_ANSWER_BYTES = 65_536


def ask_health(settings: EdgeSettings) -> str:
    """One line about the running edge; Unavailable when it does not answer or has no page."""
    if not settings.page_host:
        raise Unavailable("this edge has no page to ask")
    host = "127.0.0.1" if settings.page_host in ("0.0.0.0", "::") else settings.page_host  # noqa: S104 - compared only
    link = http.client.HTTPConnection(host, settings.page_port, timeout=PATIENCE_S)
    try:
        link.request("GET", "/status")
        answer = link.getresponse()
        said = json.loads(answer.read(MAX_ANSWER_BYTES)) if answer.status == 200 else None
    except (OSError, ValueError, http.client.HTTPException) as error:
        raise Unavailable("the edge does not answer") from error
    finally:
        link.close()
    if not isinstance(said, dict):
        raise Unavailable("the edge does not answer")
    cameras = said.get("cameras", {})
    online = sum(1 for state in cameras.values() if state == "online")
    return f"{'paired' if said.get('paired') else 'not paired'}, {online} of {len(cameras)} cameras online"
