"""Comparing what a request shows with a secret."""

import hmac


def shows_bearer(authorization: str, secret: str) -> bool:
    """Does this `Authorization` header name `secret`? In constant time; bytes that are no text (aiohttp hands them on
    as surrogates) are another secret and no fault of ours."""
    return hmac.compare_digest(authorization.encode("utf-8", "surrogateescape"), f"Bearer {secret}".encode())
