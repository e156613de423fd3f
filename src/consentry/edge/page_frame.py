"""What all of the owner's pages at home share: their look, and who may press their buttons.

A page of another site, and another program's page on this machine, can neither press a button (token, `Origin`,
`Sec-Fetch-Site`), nor show what is here (`frame-ancestors`, same-origin resources), nor reach it by a name of its own.
"""

import hmac
import html
import ipaddress
import secrets
from collections.abc import Awaitable, Callable

from aiohttp import web

from consentry.edge.page_style import STYLE
from consentry.edge.page_words import Words, words_for
from consentry.kernel.errors import ConsentryError

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]
_POLICY = (
    "default-src 'none'; style-src 'unsafe-inline'; media-src 'self'; form-action 'self'; base-uri 'none'; "
    "frame-ancestors 'none'"
)
SAFE_HEADERS = {
    "Content-Security-Policy": _POLICY,
    "Cache-Control": "no-store",
    "Referrer-Policy": "same-origin",
    "X-Content-Type-Options": "nosniff",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
}


class Buttons:
    """The token that every button of these pages carries."""

    def __init__(self) -> None:
        self._token = secrets.token_urlsafe(24)

    def form(self, action: str, label: str, fields: str = "", *, large: bool = False) -> str:
        """A form with one button; `fields` is HTML, `label` and `action` are texts."""
        hidden = f'<input type="hidden" name="token" value="{self._token}">'
        kind = ' class="large"' if large else ""
        return (
            f'<form method="post" action="{html.escape(action)}">{hidden}{fields}'
            f"<button{kind}>{html.escape(label)}</button></form>"
        )

    async def require(self, request: web.Request) -> dict[str, str]:
        """The form's fields; HTTPForbidden when it is not one of ours."""
        form = await request.post()
        if not hmac.compare_digest(str(form.get("token", "")).encode(), self._token.encode()):
            raise web.HTTPForbidden(text="This button belongs to a page that was loaded before. Load it again.")
        return {name: value for name, value in form.items() if isinstance(value, str)}


@web.middleware
async def only_from_here(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Refuse foreign names and foreign pages; say errors in words.

    Host names but `localhost` are refused, since a foreign site's name could be made to point at this box. A browser
    says in `Sec-Fetch-Site` and `Origin` whose page asks: pages of other ports of this machine are foreign too.
    """
    _require_number(request.url.host or "")
    site, origin = request.headers.get("Sec-Fetch-Site", "none"), request.headers.get("Origin")
    follows_link = request.method == "GET" and request.headers.get("Sec-Fetch-Mode") == "navigate"
    if site not in ("none", "same-origin") and not follows_link:
        raise web.HTTPForbidden(text="This page answers to itself alone.")
    if origin is not None and origin != f"{request.scheme}://{request.host}":
        raise web.HTTPForbidden(text="This page answers to itself alone.")
    try:
        return await handler(request)
    except ConsentryError as error:
        words = words_for(request)
        back = f'<p><a href="/">{words("Back")}</a></p>'
        return page(words, f'<p role="alert">{html.escape(words(str(error)))}</p>{back}', status=400)


def page(words: Words, body: str, *, status: int = 200) -> web.Response:
    """A whole page around `body` (HTML)."""
    title = words("Consentry at home")
    text = (
        f'<!doctype html><html lang="{words.language}"><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width,initial-scale=1">'
        f"<title>{title}</title><style>{STYLE}</style><main><h1>{title}</h1>{body}</main></html>"
    )
    return web.Response(text=text, content_type="text/html", headers=SAFE_HEADERS, status=status)


def _require_number(host: str) -> None:
    if host == "localhost":
        return
    try:
        ipaddress.ip_address(host)
    except ValueError:
        raise web.HTTPForbidden(text="Open this page by its address in numbers.") from None
