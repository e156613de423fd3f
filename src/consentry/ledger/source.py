"""Where an audit reads a log from: a folder or an address, one file at a time, bounded."""

import http.client
from pathlib import Path
from urllib.parse import urlsplit

from consentry.kernel.errors import Malformed, NotFound, Unavailable
from consentry.kernel.tiles import MAX_BUNDLE_BYTES, Fetch
from consentry.ledger.files import read_file

ANSWER_S = 30.0


def source_of(place: str) -> Fetch:
    """A fetch over the log at `place`: `http(s)://…/ledger` or a folder with `checkpoint` in it."""
    if place.startswith(("http://", "https://")):
        return _Web(place).fetch
    folder = Path(place.removeprefix("file://"))
    return lambda path: read_file(folder, path)


class _Web:
    """One kept-alive connection."""

    def __init__(self, place: str) -> None:
        parts = urlsplit(place)
        connect = http.client.HTTPSConnection if parts.scheme == "https" else http.client.HTTPConnection
        self._prefix = parts.path.rstrip("/")
        self._connection = connect(parts.netloc, timeout=ANSWER_S)

    def fetch(self, path: str) -> bytes:
        """One file; NotFound for 404, Unavailable for anything else that is not 200, Malformed when too long."""
        try:
            self._connection.request("GET", f"{self._prefix}/{path}")
            response = self._connection.getresponse()
            body = response.read(MAX_BUNDLE_BYTES + 1)
        except (OSError, http.client.HTTPException) as error:
            self._connection.close()
            raise Unavailable(f"the log at this address does not answer: {error}") from error
        if response.status == http.HTTPStatus.NOT_FOUND:
            raise NotFound(f"the log has no {path}")
        if response.status != http.HTTPStatus.OK:
            raise Unavailable(f"the log answers {response.status} for {path}")
        if len(body) > MAX_BUNDLE_BYTES:
            raise Malformed(f"{path} is too long")
        return body
