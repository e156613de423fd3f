"""A real push service on this machine: takes a message as RFC 8030 says and opens it with the browser's own key."""

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import http_ece
from cryptography.hazmat.primitives.asymmetric import ec

from consentry.kernel.owner_record import public_point
from consentry.notices.types import Browser

AUTH = b"sixteen secret b"


@dataclass
class PushService:
    """Its address, what came in, the statuses that it will answer first."""

    origin: str
    key: ec.EllipticCurvePrivateKey = field(default_factory=lambda: ec.generate_private_key(ec.SECP256R1()))
    taken: list[tuple[dict[str, str], bytes]] = field(default_factory=list)
    statuses: list[int] = field(default_factory=list)
    # Paths that are answered only once `let_go_after` other messages were taken.
    held: set[str] = field(default_factory=set)
    let_go_after: int = 0
    changed: threading.Condition = field(default_factory=threading.Condition)

    def take(self, path: str, headers: dict[str, str], body: bytes) -> None:
        """Keep a message; one to a held path waits for the others."""
        with self.changed:
            if path in self.held:
                self.changed.wait_for(lambda: len(self.taken) >= self.let_go_after, timeout=8)
            self.taken.append((headers, body))
            self.changed.notify_all()

    def browser(self, name: str = "one") -> Browser:
        """A browser that subscribed here."""
        return Browser(f"{self.origin}/push/{name}", public_point(self.key), AUTH)

    def messages(self) -> list[dict[str, str]]:
        """What the browser reads once it opened what came in."""
        return [
            json.loads(http_ece.decrypt(body, private_key=self.key, auth_secret=AUTH, version="aes128gcm"))
            for _, body in self.taken
        ]


@contextmanager
def running_push_service() -> Iterator[PushService]:
    """On a free port until the block ends."""

    class Door(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            status = service.statuses.pop(0) if service.statuses else 201
            if status == 201:
                service.take(self.path, {name.lower(): text for name, text in self.headers.items()}, body)
            self.send_response(status)
            self.send_header("Location", f"{service.origin}/elsewhere")
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002 its name there
            """Say nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Door)
    service = PushService(f"http://127.0.0.1:{server.server_port}")
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield service
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
