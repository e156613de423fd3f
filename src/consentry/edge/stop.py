"""The owner's own switch, in the house: a page with one big button. Works with the network cut; ends looks at once.

Served on this machine (or the home's network, if the owner says so). Everybody in the house may press it; a page of
another site cannot (`page_frame`). What the cameras recorded is behind a door of its own (`page_door`).
"""

import html
from collections.abc import Awaitable, Callable, Iterable
from dataclasses import dataclass, field

from aiohttp import web

from consentry.edge.hook import HEADER
from consentry.edge.meet import Square
from consentry.edge.page_frame import Buttons, only_from_here, page
from consentry.edge.page_words import Words, words_for
from consentry.edge.settings import EdgeSettings
from consentry.kernel.errors import ConsentryError, LimitReached, Malformed, Unavailable

Act = Callable[[], None]
Hook = Callable[[str, str, bytes], None]
Pair = Callable[[str, str], Awaitable[None]]
Meet = Callable[[str], Awaitable[None]]
REFRESH_S = 3


@dataclass(frozen=True)
class Status:
    """What the page shows. `looks`: one line each; `cameras`: name → state; `square`: shown until it is read."""

    paired: bool
    stopped: bool
    looks: tuple[str, ...] = ()
    cameras: dict[str, str] = field(default_factory=dict)
    notes: tuple[str, ...] = ()
    square: Square | None = None


@dataclass(frozen=True)
class Switch:
    """What the page may do: read `status`, `stop` all, `resume`, `pair` (server, code) or `meet` (server) while
    unpaired, and hand on a signed webhook (camera, header, body).
    """

    status: Callable[[], Status]
    stop: Act
    resume: Act
    pair: Pair
    meet: Meet
    hook: Hook


class StopPage:
    """The page's handlers; `address` is where it listens once started. `buttons` are shared with the other pages."""

    def __init__(self, switch: Switch) -> None:
        self._switch = switch
        self.buttons = Buttons()
        self.address = ""

    async def start(self, settings: EdgeSettings, others: Iterable[web.RouteDef] = ()) -> web.AppRunner:
        """Listen, also for the `others`; the caller cleans the runner up."""
        app = web.Application(middlewares=[only_from_here], client_max_size=4_096)
        app.add_routes([
            web.get("/", self._show), web.get("/status", self._status),
            web.post("/stop", self._stop), web.post("/resume", self._resume), web.post("/pair", self._pair),
            web.post("/meet", self._meet),
            web.post("/hook/{camera:cam_[a-z2-7]{26}}", self._hook), *others,
        ])  # fmt: skip
        runner = web.AppRunner(app, access_log=None)
        await runner.setup()
        site = web.TCPSite(runner, settings.page_host, settings.page_port)
        await site.start()
        host, port = runner.addresses[0][:2]
        self.address = f"http://{host}:{port}/"
        return runner

    async def _show(self, request: web.Request) -> web.Response:
        words = words_for(request)
        status = self._switch.status()
        answer = page(words, _body(words, status, self.buttons))
        if status.square is not None:
            answer.headers["Refresh"] = str(REFRESH_S)  # until the square was read; this page runs no script
        return answer

    async def _status(self, _request: web.Request) -> web.Response:
        status = self._switch.status()
        return web.json_response({"paired": status.paired, "stopped": status.stopped, "looks": len(status.looks),
                                  "cameras": status.cameras})  # fmt: skip

    async def _stop(self, request: web.Request) -> web.Response:
        await self.buttons.require(request)
        self._switch.stop()
        raise web.HTTPSeeOther("/")

    async def _resume(self, request: web.Request) -> web.Response:
        await self.buttons.require(request)
        self._switch.resume()
        raise web.HTTPSeeOther("/")

    async def _pair(self, request: web.Request) -> web.Response:
        form = await self.buttons.require(request)
        await self._switch.pair(form.get("server", "").strip(), form.get("code", ""))
        raise web.HTTPSeeOther("/")

    async def _meet(self, request: web.Request) -> web.Response:
        form = await self.buttons.require(request)
        await self._switch.meet(form.get("server", "").strip())
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


def _body(words: Words, status: Status, buttons: Buttons) -> str:
    notes = "".join(f'<p role="alert">{html.escape(words(note))}</p>' for note in status.notes)
    if status.square is not None:
        return _square(words, status.square)
    if not status.paired:
        return notes + _pair_forms(words, buttons)
    if status.stopped:
        says, button = words("Stopped: nobody can look."), buttons.form("/resume", words("Allow again"), large=True)
    else:
        says, button = (
            words("{count} looking now.", count=len(status.looks)),
            buttons.form("/stop", words("Stop"), large=True),
        )
    looks = "".join(f"<li>{html.escape(line)}</li>" for line in status.looks)
    cameras = "".join(
        f"<li>{html.escape(name)}: {html.escape(words(state))}</li>" for name, state in status.cameras.items()
    )
    return (
        f'{notes}<p role="status">{says}</p>{button}<ul>{looks}</ul><h2>{words("Cameras")}</h2><ul>{cameras}</ul>'
        f'<nav><a href="/recordings">{words("Recordings")}</a><a href="/clips">{words("Clips")}</a></nav>'
    )


def _pair_forms(words: Words, buttons: Buttons) -> str:
    server = f'<label>{words("Server")} <input name="server" type="url" required placeholder="https://"></label>'
    code = (
        f'<label>{words("Code")} <input name="code" required autocomplete="off" '
        'placeholder="AAAA-AAAA-BBBB-BBBB-BBBB"></label>'
    )
    return (
        f"<h2>{words('Pair by your phone')}</h2><p>{words('This box shows a square, and your phone reads it.')}</p>"
        f"{buttons.form('/meet', words('Show the square'), server)}"
        f"<h2>{words('Or type the code from your page')}</h2>{buttons.form('/pair', words('Pair'), server + code)}"
    )


def _square(words: Words, square: Square) -> str:
    return (
        f"<h2>{words('Read this square with your phone’s camera')}</h2>"
        f'<div class="square" role="img" aria-label="{words("A square to read with a phone")}">{square.as_svg()}</div>'
        f"<p>{words('It opens your page, where you tap once. It is good for ten minutes.')}</p>"
        f'<p class="link"><a href="{html.escape(square.link)}" rel="noreferrer">{html.escape(square.link)}</a></p>'
    )
