"""Ask a timestamp authority over HTTP (RFC 3161, 3.4). It learns one SHA-256 and our address, nothing of an item."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from urllib.parse import urlsplit

import aiohttp
from rfc3161_client import HashAlgorithm, TimeStampRequest, TimestampRequestBuilder

from consentry.evidence.stamps.check import Asked, Stamp, Trust, check_stamp
from consentry.kernel.clock import Clock, utc_now
from consentry.kernel.errors import Malformed, Unavailable, Untrusted
from consentry.kernel.limits import MAX_TIMESTAMP_BYTES, TIMESTAMP_ANSWER_S

_QUERY = "application/timestamp-query"


@dataclass(frozen=True)
class Authority:
    """Where to ask, and whom to believe. `answer_s`: how long all of an answer may take, seconds."""

    url: str
    trust: Trust
    answer_s: float = TIMESTAMP_ANSWER_S

    def __post_init__(self) -> None:
        """Malformed for what is no plain address."""
        parts = urlsplit(self.url)
        if parts.scheme not in ("http", "https") or not parts.hostname or parts.username or parts.password:
            raise Malformed("a timestamp authority is an http or https address without a password", kind="stamp-url")


def stamp(data: bytes, authority: Authority, clock: Clock = utc_now) -> tuple[bytes, Stamp]:
    """A checked reply (DER) over SHA-256 of `data`, and what it says. Blocks for at most `answer_s`.

    Raises:
        Unavailable: no answer, or none in time. Untrusted: an answer that does not hold, or is too large.
    """
    request = TimestampRequestBuilder().data(data).hash_algorithm(HashAlgorithm.SHA256).build()
    reply = asyncio.run(_post(authority, request.as_bytes()))
    return reply, check_stamp(reply, request.message_imprint.message, authority.trust, _asked(request, clock))


def _asked(request: TimeStampRequest, clock: Callable[[], datetime]) -> Asked:
    if request.nonce is None:
        raise Untrusted("we asked without a nonce", kind="timestamp")
    return Asked(request.nonce, clock())


async def _post(authority: Authority, query: bytes) -> bytes:
    # The whole of it is bounded: an authority that drips a byte now and then is away, too.
    timeout = aiohttp.ClientTimeout(total=authority.answer_s)
    try:
        async with (
            aiohttp.ClientSession(timeout=timeout, auto_decompress=False) as session,
            session.post(authority.url, data=query, headers={"Content-Type": _QUERY}, allow_redirects=False) as answer,
        ):
            if answer.status != 200:
                raise Unavailable(f"the timestamp authority answers {answer.status}", kind="stamp")
            return await _bounded(answer.content)
    except (aiohttp.ClientError, TimeoutError, OSError) as error:
        raise Unavailable(f"the timestamp authority does not answer: {type(error).__name__}", kind="stamp") from error


async def _bounded(content: aiohttp.StreamReader) -> bytes:
    reply = bytearray()
    async for piece in content.iter_any():
        reply += piece
        if len(reply) > MAX_TIMESTAMP_BYTES:
            raise Untrusted("this timestamp does not hold: it is too large", kind="timestamp")
    return bytes(reply)
