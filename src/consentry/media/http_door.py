"""HTTP as cameras speak it: basic and digest authentication, few redirects, bounded bodies, nothing kept."""

import asyncio
import contextlib
from collections.abc import AsyncIterator
from urllib.parse import urljoin, urlsplit

import aiohttp

from consentry.kernel.errors import Malformed
from consentry.kernel.limits import MAX_REDIRECTS
from consentry.media.reach import Reach
from consentry.media.rtsp_auth import answer_challenge
from consentry.media.rtsp_client import Patience
from consentry.media.source_address import Address
from consentry.media.units import SourceFault

_REDIRECTS = frozenset({301, 302, 303, 307, 308})


class HttpDoor:
    """One source's HTTP requests. The credentials go to the host that was written down and to no other."""

    def __init__(self, address: Address, wait: Patience) -> None:
        self._address, self._wait = address, wait
        self._reach = Reach(address.host)
        self._challenges: tuple[str, ...] = ()
        # What the owner confirmed counts for the host that they wrote down, and for no other that it sends us to.
        pinned = address.certificate
        self._believed: aiohttp.Fingerprint | bool = aiohttp.Fingerprint(bytes.fromhex(pinned)) if pinned else True
        connector = aiohttp.TCPConnector(resolver=self._reach, use_dns_cache=False, limit=4)
        limit = aiohttp.ClientTimeout(
            total=None, connect=wait.connect_s, sock_connect=wait.connect_s, sock_read=wait.answer_s
        )
        self._http = aiohttp.ClientSession(
            connector=connector, timeout=limit, auto_decompress=False, cookie_jar=aiohttp.DummyCookieJar(),
            headers={"User-Agent": "Consentry", "Accept-Encoding": "identity"},
            read_bufsize=65_536, max_line_size=8_190, max_field_size=8_190,
        )  # fmt: skip

    async def close(self) -> None:
        """Hang up."""
        await self._http.close()

    @contextlib.asynccontextmanager
    async def get(self, url: str) -> AsyncIterator[aiohttp.ClientResponse]:
        """The answer with status 200 at `url`, after redirects; SourceFault for anything else.

        What goes wrong while the answer is read becomes a SourceFault too: a broken line, a Malformed body.
        """
        reply: aiohttp.ClientResponse | None = None
        try:
            reply = await self._follow(url)
            yield reply
        except (aiohttp.ClientError, Malformed, OSError, TimeoutError, ValueError) as error:
            raise SourceFault(_kind_of(error), f"{self._address.host}: {type(error).__name__}") from error
        finally:
            if reply is not None:
                reply.close()

    async def read(self, url: str, max_bytes: int) -> tuple[bytes, str]:
        """The whole body at `url` and where it was found; SourceFault `protocol` when it is longer."""
        async with self.get(url) as reply:
            body = bytearray()
            async with asyncio.timeout(self._wait.answer_s):
                async for chunk in reply.content.iter_any():
                    body += chunk
                    if len(body) > max_bytes:
                        raise SourceFault("protocol", "an answer is longer than it may be")
            return bytes(body), str(reply.url)

    async def _follow(self, url: str) -> aiohttp.ClientResponse:
        for _ in range(MAX_REDIRECTS + 1):
            reply = await self._ask(url)
            if reply.status == 401 and self._is_home(url) and self._may_answer(reply):
                reply.close()
                reply = await self._ask(url)
            if reply.status not in _REDIRECTS:
                return _checked(reply)
            url = urljoin(url, reply.headers.get("Location", ""))
            reply.close()
        raise SourceFault("protocol", "the source sends us from address to address")

    async def _ask(self, url: str) -> aiohttp.ClientResponse:
        parts = urlsplit(url)
        if (
            parts.scheme not in ("http", "https")
            or not parts.hostname
            or not self._reach.allows_literal(parts.hostname)
        ):
            raise SourceFault("protocol", "the source sends us where no source is dialled")
        headers = {}
        who = self._address.credentials
        if who is not None and self._challenges and self._is_home(url):
            path = parts.path or "/"
            uri = f"{path}?{parts.query}" if parts.query else path
            answer = answer_challenge(self._challenges, who, "GET", uri)
            headers = {"Authorization": answer} if answer else {}
        believed = self._believed if self._is_home(url) else True
        return await self._http.get(url, allow_redirects=False, headers=headers, ssl=believed)

    def _is_home(self, url: str) -> bool:
        parts, home = urlsplit(url), urlsplit(self._address.url)
        return (parts.scheme, parts.hostname, parts.port) == (home.scheme, home.hostname, home.port)

    def _may_answer(self, reply: aiohttp.ClientResponse) -> bool:
        self._challenges = tuple(reply.headers.getall("WWW-Authenticate", ()))
        return self._address.credentials is not None and bool(self._challenges)


def _checked(reply: aiohttp.ClientResponse) -> aiohttp.ClientResponse:
    if reply.status == 200:
        return reply
    status = reply.status
    reply.close()
    if status in (401, 403):
        raise SourceFault("unauthorised", "the camera refuses this user name and password")
    if status in (404, 410):
        raise SourceFault("not-found", "the camera has no stream at this path")
    raise SourceFault("protocol", f"the camera answers with status {status}")


def _kind_of(error: Exception) -> str:
    if isinstance(error, aiohttp.ServerFingerprintMismatch):
        return "certificate-changed"
    if isinstance(error, aiohttp.ClientConnectorCertificateError):
        return "certificate-unknown"
    if isinstance(error, aiohttp.ClientConnectorError | aiohttp.ConnectionTimeoutError):
        return "unreachable"
    return "protocol" if isinstance(error, Malformed | ValueError | aiohttp.ClientResponseError) else "silent"
