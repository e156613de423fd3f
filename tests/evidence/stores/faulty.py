"""A proxy before the real S3 server that breaks what a test says. Signatures hold: it changes no request."""

import contextlib
import http.client
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

# What to do with one request: "pass", "lose" (the server does it, its answer is lost), "cut" (half of the body
# comes), or a status that is answered without asking the server.
Fault = Callable[[str, str], str | int]


@dataclass
class Faulty:
    endpoint: str
    fault: Fault = field(default=lambda method, path: "pass")
    seen: list[tuple[str, str]] = field(default_factory=list)

    def once(self, method: str, what: str | int) -> None:
        """Break the next request of this method alone."""
        left = [what]
        self.fault = lambda said, _: left.pop() if said == method and left else "pass"


@contextlib.contextmanager
def faulty_proxy(server: str) -> Iterator[Faulty]:
    proxy = ThreadingHTTPServer(("127.0.0.1", 0), _Handler)
    faulty = Faulty(f"http://127.0.0.1:{proxy.server_address[1]}")
    proxy.said, proxy.server = faulty, server.removeprefix("http://")  # type: ignore[attr-defined]
    thread = threading.Thread(target=proxy.serve_forever, kwargs={"poll_interval": 0.05})
    thread.start()
    try:
        yield faulty
    finally:
        proxy.shutdown()
        proxy.server_close()
        thread.join()


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def _do(self) -> None:
        said: Faulty = self.server.said  # type: ignore[attr-defined]
        body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        said.seen.append((self.command, self.path))
        what = said.fault(self.command, self.path)
        if isinstance(what, int):
            self._answer(what, [], b"")
            return
        line = http.client.HTTPConnection(self.server.server, timeout=30)  # type: ignore[attr-defined]
        headers = {name: value for name, value in self.headers.items() if name.lower() != "expect"}
        line.request(self.command, self.path, body, headers)
        answer = line.getresponse()
        data = answer.read()
        line.close()
        self.close_connection = what != "pass"
        if what != "lose":
            self._answer(answer.status, answer.getheaders(), data, cut=what == "cut")

    do_GET = do_PUT = do_HEAD = do_DELETE = do_POST = _do  # noqa: N815 http.server's names

    def _answer(self, status: int, headers: list[tuple[str, str]], data: bytes, *, cut: bool = False) -> None:
        self.send_response_only(status)
        said = {name.lower(): value for name, value in headers}
        for name, value in said.items():
            if name not in ("content-length", "transfer-encoding", "connection"):
                self.send_header(name, value)
        length = said.get("content-length", "0") if self.command == "HEAD" else str(len(data))
        if status != 204:
            self.send_header("Content-Length", length)
        self.end_headers()
        with contextlib.suppress(OSError):  # whoever asked may be dead
            self.wfile.write(data[: len(data) // 2] if cut else data)

    def log_message(self, *said: object) -> None:
        """Be quiet."""
