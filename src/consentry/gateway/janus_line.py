"""The line to Janus: its API over one WebSocket.

A WebSocket and not its HTTP door, for two reasons: waiting for events there puts the API's secret into a URL, and the
sessions of a WebSocket end with it, so that a gateway that dies takes its viewers at Janus along.
"""

import asyncio
import contextlib
import json
import logging
import secrets
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import aiohttp

from consentry.kernel.errors import Malformed, Unavailable
from consentry.kernel.limits import JANUS_ANSWER_S, JANUS_KEEP_ALIVE_S, MAX_JANUS_ANSWER_BYTES

_log = logging.getLogger(__name__)
PLUGIN = "janus.plugin.streaming"
Words = dict[str, Any]


@dataclass(frozen=True)
class JanusSecrets:
    """What Janus asks of us: for its API, and for making mountpoints."""

    api: str = field(repr=False)
    admin: str = field(repr=False)


def read_secrets(path: Path) -> JanusSecrets:
    """Two lines of a file: `api_secret` of Janus, `admin_key` of its streaming plugin. Malformed otherwise."""
    try:
        lines = path.read_text("utf-8").splitlines()
    except (OSError, ValueError) as error:
        raise Malformed("the file with Janus' secrets cannot be read") from error
    if len(lines) != 2 or not all(lines):
        raise Malformed("the file with Janus' secrets has two lines: api_secret and admin_key")
    return JanusSecrets(*lines)


@dataclass(frozen=True)
class Handle:
    """One session at Janus with one handle to its streaming plugin."""

    session: int
    handle: int


class JanusLine:
    """Dialled when it is first needed, and anew after it broke. `on_lost` is called once per broken line."""

    def __init__(self, url: str, keys: JanusSecrets, on_lost: Callable[[], None]) -> None:
        self.keys = keys
        self._url, self._on_lost = url, on_lost
        self._waiting: dict[str, asyncio.Future[Words]] = {}
        self._heard: dict[int, Callable[[Words], None]] = {}
        self._socket: aiohttp.ClientWebSocketResponse | None = None
        self._http: aiohttp.ClientSession | None = None
        self._tasks: list[asyncio.Task[None]] = []
        self._dialling = asyncio.Lock()

    async def attach(self, heard: Callable[[Words], None]) -> Handle:
        """A new session at Janus; `heard` gets its events. Unavailable."""
        session = _number(await self.ask({"janus": "create"}), "data", "id")
        self._heard[session] = heard
        said = await self.ask({"janus": "attach", "session_id": session, "plugin": PLUGIN})
        return Handle(session, _number(said, "data", "id"))

    async def message(self, at: Handle, body: Words, answer: str | None = None) -> Words:
        """One word to the plugin, with our side's SDP if there is one; what it said. Unavailable when it said no."""
        words: Words = {"janus": "message", "session_id": at.session, "handle_id": at.handle, "body": body}
        if answer is not None:
            words["jsep"] = {"type": "answer", "sdp": answer}
        said = await self.ask(words)
        data = said.get("plugindata", {}).get("data", {})
        if "error" in data:
            raise Unavailable(f"Janus says no: {data['error']}", kind="janus")
        return {"data": data, "jsep": said.get("jsep")}

    async def destroy(self, session: int, timeout_s: float) -> None:
        """End a session at Janus; Unavailable when it does not say that it did."""
        self._heard.pop(session, None)
        await self.ask({"janus": "destroy", "session_id": session}, timeout_s)

    async def ask(self, words: Words, timeout_s: float = JANUS_ANSWER_S) -> Words:
        """One request and its answer. Unavailable."""
        name = secrets.token_hex(8)
        answer: asyncio.Future[Words] = asyncio.get_running_loop().create_future()
        try:
            async with asyncio.timeout(timeout_s):
                socket = await self._dial()
                self._waiting[name] = answer
                await socket.send_json(words | {"transaction": name, "apisecret": self.keys.api})
                said = await answer
        except (TimeoutError, OSError, aiohttp.ClientError, ConnectionError) as error:
            raise Unavailable("Janus does not answer", kind="janus") from error
        finally:
            self._waiting.pop(name, None)
        if said.get("janus") == "error":
            raise Unavailable(f"Janus says no: {said.get('error', {}).get('reason', '')}", kind="janus")
        return said

    async def close(self) -> None:
        """Hang up: Janus ends every session of this line."""
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        self._tasks.clear()
        if self._http is not None:
            await self._http.close()
            self._http = None

    async def _dial(self) -> aiohttp.ClientWebSocketResponse:
        async with self._dialling:
            if self._socket is None:
                self._http = self._http or aiohttp.ClientSession()
                self._socket = await self._http.ws_connect(
                    self._url, protocols=("janus-protocol",), max_msg_size=MAX_JANUS_ANSWER_BYTES
                )
                self._tasks = [asyncio.create_task(self._read(self._socket)), asyncio.create_task(self._keep())]
            return self._socket

    async def _read(self, socket: aiohttp.ClientWebSocketResponse) -> None:
        try:
            async for message in socket:
                if message.type is not aiohttp.WSMsgType.TEXT or not self._take(message.data):
                    break
        finally:
            self._lose(socket)

    def _take(self, text: str) -> bool:
        """One message of Janus; False when it is none."""
        try:
            said = json.loads(text)
        except ValueError:
            return False
        if not isinstance(said, dict):
            return False
        waiting = self._waiting.get(str(said.get("transaction")))
        if waiting is not None and said.get("janus") in ("success", "event", "error"):
            if not waiting.done():
                waiting.set_result(said)
        elif said.get("janus") not in ("ack", "success"):
            self._heard.get(said.get("session_id", 0), _nobody)(said)
        return True

    async def _keep(self) -> None:
        while self._socket is not None:
            await asyncio.sleep(JANUS_KEEP_ALIVE_S)
            for session in tuple(self._heard):
                with contextlib.suppress(ConnectionError):
                    await self._socket.send_json({
                        "janus": "keepalive", "session_id": session, "transaction": "k", "apisecret": self.keys.api,
                    })  # fmt: skip

    def _lose(self, socket: aiohttp.ClientWebSocketResponse) -> None:
        if self._socket is not socket:
            return
        self._socket = None
        self._heard.clear()
        for answer in self._waiting.values():
            if not answer.done():
                answer.set_exception(ConnectionError("Janus hung up"))
        _log.warning("the line to Janus is over")
        self._on_lost()


def _nobody(_said: Words) -> None:
    """An event of a session that is over."""


def _number(said: Words, *path: str) -> int:
    value: Any = said
    for name in path:
        value = value.get(name) if isinstance(value, dict) else None
    if not isinstance(value, int):
        raise Unavailable("Janus speaks otherwise than we know it", kind="janus")
    return value
