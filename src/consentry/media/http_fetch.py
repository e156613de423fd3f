"""Small, bounded HTTP reads: no redirects, no more bytes than said, one clear error."""

import asyncio

import aiohttp

from consentry.kernel.errors import NotFound, Unavailable

FETCH_S = 5.0


async def fetch(http: aiohttp.ClientSession, url: str, *, max_bytes: int) -> bytes:
    """The body at `url`; NotFound for a 404, Unavailable for anything else that is not a 200 of `max_bytes` at most."""
    try:
        async with asyncio.timeout(FETCH_S), http.get(url, allow_redirects=False) as reply:
            if reply.status == 404:
                raise NotFound(url)
            if reply.status != 200:
                raise Unavailable(f"{url} answered {reply.status}")
            return await read_bounded(reply, max_bytes)
    except (aiohttp.ClientError, TimeoutError) as error:
        raise Unavailable(f"{url} cannot be read: {error}") from error


async def read_bounded(reply: aiohttp.ClientResponse, max_bytes: int) -> bytes:
    """The whole body; Unavailable as soon as it is longer than `max_bytes`."""
    body = bytearray()
    async for chunk in reply.content.iter_any():
        body += chunk
        if len(body) > max_bytes:
            raise Unavailable("an answer is longer than it may be")
    return bytes(body)
