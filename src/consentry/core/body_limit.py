"""Cuts request bodies off before Django spools them to disk (its ASGI handler reads all of a body first)."""

import json
from collections.abc import Awaitable, Callable, Mapping
from typing import Any

from consentry.kernel.limits import MAX_JSON_BODY_BYTES, MAX_UPLOAD_PART_BYTES, MAX_VAULT_SEGMENT_BYTES
from consentry.kernel.limits_residents import (
    BOX_PART_BYTES,
    MAX_ORDER_DOCUMENT_BYTES,
    MAX_PICTURE_BYTES,
    MAX_POST_VIDEO_BYTES,
)

# The ASGI message types; their values are whatever the server and the specification say.
Scope = dict[str, Any]
Receive = Callable[[], Awaitable[Mapping[str, Any]]]
Send = Callable[[Mapping[str, Any]], Awaitable[None]]
App = Callable[[Scope, Receive, Send], Awaitable[None]]

# Dispatch tables come as files; everything else is one JSON object.
MAX_TABLE_BYTES = 32 * MAX_JSON_BODY_BYTES


class _TooLarge(Exception):
    """The body passed its limit while it was being read."""


def limit_of(path: str) -> int:
    """How many bytes a body for `path` may have."""
    if path.startswith("/internal/gateway/segments/"):
        return MAX_VAULT_SEGMENT_BYTES
    if path.startswith(("/api/uploads/", "/api/home/answers/", "/api/home/handed/")) and path.endswith("/part"):
        return MAX_UPLOAD_PART_BYTES
    if path.startswith("/api/edges/answers/") and path.endswith("/part"):
        return BOX_PART_BYTES
    if path.startswith("/api/orders/") and path.endswith("/document"):
        return MAX_ORDER_DOCUMENT_BYTES
    if path == "/api/neighbors/pictures":
        return MAX_PICTURE_BYTES
    if path == "/api/neighbors/videos":
        return MAX_POST_VIDEO_BYTES
    return MAX_TABLE_BYTES if path.startswith("/api/feeds/") and path.endswith("/csv") else MAX_JSON_BODY_BYTES


def limit_bodies(app: App) -> App:
    """`app`, but a request with more than `limit_of(path)` bytes gets 413 and is read no further."""

    async def limited(scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await app(scope, receive, send)
            return
        limit, taken = limit_of(scope["path"]), 0
        if _declared_bytes(scope) > limit:
            await _refuse(send)
            return

        async def counted() -> Mapping[str, Any]:
            nonlocal taken
            message = await receive()
            taken += len(message.get("body", b""))
            if taken > limit:
                raise _TooLarge
            return message

        try:
            await app(scope, counted, send)
        except _TooLarge:
            await _refuse(send)

    return limited


def _declared_bytes(scope: Scope) -> int:
    for name, value in scope["headers"]:
        if name == b"content-length":
            return int(value) if value.isdigit() else 0
    return 0


async def _refuse(send: Send) -> None:
    body = json.dumps({"type": "about:blank#too-large", "kind": "too-large", "status": 413, "title": "too large"})
    headers = [
        (b"content-type", b"application/problem+json"),
        (b"cache-control", b"no-store"),
        (b"connection", b"close"),
    ]
    await send({"type": "http.response.start", "status": 413, "headers": headers})
    await send({"type": "http.response.body", "body": body.encode()})
