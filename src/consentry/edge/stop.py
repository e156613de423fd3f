"""The owner's own switch, in the house: a page with one big button. Works with the network cut; ends looks at once.

Served on this machine (or the home's network, if the owner says so). A page of another site cannot press it: every act
needs the token of the page itself, and names of hosts are refused, as they can be made to point here.
"""

import hmac
import html
import ipaddress
import secrets
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field

from aiohttp import web

from consentry.edge.hook import HEADER
from consentry.edge.settings import EdgeSettings
from consentry.kernel.errors import ConsentryError, LimitReached, Malformed, Unavailable

Act = Callable[[], None]
Hook = Callable[[str, str, bytes], None]
Pair = Callable[[str, str], Awaitable[None]]


@dataclass(frozen=True)
class Status:
    """What the page shows. `looks`: one line each; `cameras`: name → state."""

    paired: bool
    stopped: bool
    looks: tuple[str, ...] = ()
    cameras: dict[str, str] = field(default_factory=dict)
    notes: tuple[str, ...] = ()


@dataclass(frozen=True)
class Switch:
    """What the page may do: read `status`, `stop` all, `resume`, `pair` (server, code) while unpaired, and hand on a
    signed webhook (camera, header, body).
    """

    status: Callable[[], Status]
    stop: Act
    resume: Act
    pair: Pair
    hook: Hook


class StopPage:
    """The page's handlers; `address` is where it listens once started."""

    def __init__(self, switch: Switch) -> None:
        self._switch = switch
        self._token = secrets.token_urlsafe(24)
        self.address = ""

    async def start(self, settings: EdgeSettings) -> web.AppRunner:
        """Listen; the caller cleans the runner up."""
        app = web.Application(middlewares=[_only_by_address], client_max_size=4_096)
        app.add_routes([
            web.get("/", self._show), web.get("/status", self._status),
            web.post("/stop", self._stop), web.post("/resume", self._resume), web.post("/pair", self._pair),
            web.post("/hook/{camera:cam_[a-z2-7]{26}}", self._hook),
        ])  # fmt: skip
        runner = web.AppRunner(app, access_log=None)
        await runner.setup()
        site = web.TCPSite(runner, settings.page_host, settings.page_port)
        await site.start()
        host, port = runner.addresses[0][:2]
        self.address = f"http://{host}:{port}/"
        return runner

    async def _show(self, _request: web.Request) -> web.Response:
        return _page(_body(self._switch.status(), self._token))

    async def _status(self, _request: web.Request) -> web.Response:
        status = self._switch.status()
        return web.json_response({"paired": status.paired, "stopped": status.stopped, "looks": len(status.looks),
                                  "cameras": status.cameras})  # fmt: skip

    async def _stop(self, request: web.Request) -> web.Response:
        await self._require_token(request)
        self._switch.stop()
        raise web.HTTPSeeOther("/")

    async def _resume(self, request: web.Request) -> web.Response:
        await self._require_token(request)
        self._switch.resume()
        raise web.HTTPSeeOther("/")

    async def _pair(self, request: web.Request) -> web.Response:
        await self._require_token(request)
        form = await request.post()
        try:
            await self._switch.pair(str(form.get("server", "")).strip(), str(form.get("code", "")))
        except ConsentryError as error:
            return _page(f'<p role="alert">{html.escape(str(error))}</p><p><a href="/">Back</a></p>', status=400)
        raise web.HTTPSeeOther("/")

    async def _hook(self, request: web.Request) -> web.Response:
        """Needs the camera's signature instead of the page's token; a refusal does not say which part was wrong."""
        try:
            self._switch.hook(request.match_info["camera"], request.headers.get(HEADER, ""), await request.read())
        except LimitReached as error:
            raise web.HTTPTooManyRequests(text="Too many.") from error
        except (Malformed, Unavailable) as error:
            raise web.HTTPBadRequest(text=str(error)) from error
        except ConsentryError as error:
            raise web.HTTPForbidden(text="Not taken.") from error
        return web.Response(status=204)

    async def _require_token(self, request: web.Request) -> None:
        form = await request.post()
        if not hmac.compare_digest(str(form.get("token", "")), self._token):
            raise web.HTTPForbidden(text="This button belongs to a page that was loaded before. Load it again.")


@web.middleware
async def _only_by_address(
    request: web.Request, handler: Callable[[web.Request], Awaitable[web.StreamResponse]]
) -> web.StreamResponse:
    """Refuse host names but `localhost`: a foreign site's name could be made to point at this box (DNS rebinding)."""
    host = request.url.host or ""
    if host != "localhost":
        try:
            ipaddress.ip_address(host)
        except ValueError:
            raise web.HTTPForbidden(text="Open this page by its address in numbers.") from None
    return await handler(request)


def _page(body: str, *, status: int = 200) -> web.Response:
    text = (
        '<!doctype html><html lang="en"><meta charset="utf-8"><meta name="viewport" content="width=device-width">'
        f"<title>Consentry at home</title><style>{_STYLE}</style><main><h1>Consentry at home</h1>{body}</main></html>"
    )
    headers = {
        "Content-Security-Policy": _CONTENT_POLICY,
        "Cache-Control": "no-store",
        "Referrer-Policy": "no-referrer",
        "X-Content-Type-Options": "nosniff",
    }
    return web.Response(text=text, content_type="text/html", headers=headers, status=status)


def _body(status: Status, token: str) -> str:
    if not status.paired:
        return _form("/pair", token, "Pair", _PAIR_FIELDS)
    notes = "".join(f'<p role="alert">{html.escape(note)}</p>' for note in status.notes)
    button = _form("/resume", token, "Allow again") if status.stopped else _form("/stop", token, "Stop")
    says = "Stopped: nobody can look." if status.stopped else f"{len(status.looks)} looking now."
    looks = "".join(f"<li>{html.escape(line)}</li>" for line in status.looks)
    cameras = "".join(f"<li>{html.escape(name)}: {html.escape(state)}</li>" for name, state in status.cameras.items())
    return f'{notes}<p role="status">{says}</p>{button}<ul>{looks}</ul><h2>Cameras</h2><ul>{cameras}</ul>'


def _form(action: str, token: str, label: str, fields: str = "") -> str:
    hidden = f'<input type="hidden" name="token" value="{token}">'
    return f'<form method="post" action="{action}">{hidden}{fields}<button>{label}</button></form>'


_CONTENT_POLICY = (
    "default-src 'none'; style-src 'unsafe-inline'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)
_PAIR_FIELDS = (
    '<label>Server <input name="server" type="url" required placeholder="https://"></label>'
    '<label>Code <input name="code" required autocomplete="off" placeholder="AAAA-AAAA-BBBB-BBBB-BBBB"></label>'
)
_STYLE = (
    ":root{color-scheme:light dark}body{font:1.1rem/1.5 system-ui,sans-serif;margin:0}main{max-width:34rem;margin:auto;"
    "padding:1rem}button{font:inherit;font-size:2rem;width:100%;min-height:8rem;border-radius:1rem}label{display:block;"
    "margin:.5rem 0}input{font:inherit;width:100%;box-sizing:border-box}"
)
