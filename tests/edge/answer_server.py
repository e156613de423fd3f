"""A server that takes answers as `requests/api_edge.py` does, and may fail, stall, lie or take an answer back."""

import asyncio
import hashlib
import json
from dataclasses import dataclass, field
from typing import Any

from aiohttp import web

from consentry.kernel.box_auth import BoxRequest, parse_box_header, verify_box_claim
from consentry.kernel.clock import to_ms, utc_now


@dataclass
class Taken:
    """One answer as the server has it."""

    size: int
    sha256: str
    state: str = "receiving"
    body: bytes = b""
    why: str = ""
    word: str = ""
    offsets: list[int] = field(default_factory=list)


class AnswerServer:
    """`goes` cleared: parts wait. `broken`: so many requests get a 503 first. `lies`: so many files are lost whole."""

    def __init__(self) -> None:
        self.edge_key = b""
        self.answers: dict[str, Taken] = {}
        self.requests: list[str] = []
        self.goes = asyncio.Event()
        self.goes.set()
        self.broken = 0
        self.lies = 0
        self.parted = asyncio.Event()
        self.app = web.Application(client_max_size=1 << 21)
        path = "/api/edges/answers/{answer}"
        self.app.add_routes([
            web.get(path, self._read), web.patch(path + "/part", self._part), web.post(path + "/finish", self._finish),
            web.post(path + "/fail", self._fail),
        ])  # fmt: skip
        self.url = ""

    async def start(self) -> None:
        self._runner = web.AppRunner(self.app, shutdown_timeout=0.1)
        await self._runner.setup()
        site = web.TCPSite(self._runner, "127.0.0.1", 0)
        await site.start()
        self.url = f"http://127.0.0.1:{self._runner.addresses[0][1]}"

    async def stop(self) -> None:
        self.goes.set()
        await self._runner.cleanup()

    async def _known(self, request: web.Request) -> tuple[Taken, bytes]:
        body = await request.read()
        self.requests.append(f"{request.method} {request.path}")
        claim = parse_box_header(request.headers["Authorization"])
        signed = BoxRequest(request.method, request.path_qs, body)
        verify_box_claim(claim, self.edge_key, signed, now_ms=to_ms(utc_now()))
        if self.broken:
            self.broken -= 1
            raise web.HTTPServiceUnavailable(text="later")
        found = self.answers.get(request.match_info["answer"])
        if found is None:
            raise web.HTTPNotFound(text='{"kind": "not-found"}')
        return found, body

    async def _read(self, request: web.Request) -> web.Response:
        return _told((await self._known(request))[0])

    async def _part(self, request: web.Request) -> web.Response:
        taken, body = await self._known(request)
        self.parted.set()
        await self.goes.wait()
        if taken.state != "receiving":
            raise web.HTTPConflict(text='{"kind": "answer-gone"}')
        offset = int(request.query["offset"])
        if offset != len(taken.body):
            raise web.HTTPConflict(text='{"kind": "upload-offset"}')
        taken.offsets.append(offset)
        taken.body += body
        return _told(taken)

    async def _finish(self, request: web.Request) -> web.Response:
        taken, body = await self._known(request)
        taken.word = _json(body)["owner_signature"]
        if self.lies or hashlib.sha256(taken.body).hexdigest() != taken.sha256:
            self.lies -= 1
            taken.body = b""
        else:
            taken.state = "checking"
        return _told(taken)

    async def _fail(self, request: web.Request) -> web.Response:
        taken, body = await self._known(request)
        taken.state, taken.why, taken.body = "failed", _json(body)["why"], b""
        return _told(taken)


def _told(taken: Taken) -> web.Response:
    return web.json_response({"state": taken.state, "offset": len(taken.body)})


def _json(body: bytes) -> dict[str, Any]:
    return dict(json.loads(body))
