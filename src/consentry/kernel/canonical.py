"""RFC 8785 canonical JSON, integers only: the one byte string that is hashed, signed and logged."""

import base64
import hashlib
import json
from collections.abc import Mapping
from typing import Any

import rfc8785

from consentry.kernel.errors import Malformed

_WORDS = frozenset({str, bool, type(None)})
_MAX_INTEGER = (1 << 53) - 1


def canonical_json(value: Any) -> bytes:
    """RFC 8785 bytes of `value`; Malformed when it holds a float or an integer beyond 2^53.

    Plain values with ASCII keys, nearly all of ours, are written by `json` in C, which makes the same bytes four times
    as fast: a manifest of thousands of segments is waited for.
    """
    if _is_plain(value):
        try:
            return json.dumps(value, ensure_ascii=False, separators=(",", ":"), sort_keys=True).encode()
        except UnicodeError as error:
            raise Malformed(f"not canonical JSON: {error}") from error
    _refuse_floats(value)
    try:
        return rfc8785.dumps(value)
    except (rfc8785.CanonicalizationError, UnicodeError) as error:
        raise Malformed(f"not canonical JSON: {error}") from error


def sha256_of(value: Any) -> bytes:
    """SHA-256 (32 bytes) of the canonical JSON of `value`."""
    return hashlib.sha256(canonical_json(value)).digest()


def parse_object(data: bytes, *, max_bytes: int) -> dict[str, Any]:
    """Parse one JSON object of at most `max_bytes`; Malformed for anything else, duplicate keys included."""
    if len(data) > max_bytes:
        raise Malformed("too large")
    try:
        value = json.loads(data, object_pairs_hook=_unique_keys)
    except (ValueError, RecursionError) as error:
        raise Malformed("not JSON") from error
    if not isinstance(value, dict):
        raise Malformed("not a JSON object")
    return value


def to_b64(raw: bytes) -> str:
    """Base64url without padding, as in every format of ours but the C2SP ones."""
    return base64.urlsafe_b64encode(raw).decode().rstrip("=")


def from_b64(text: str, *, length: int | None = None) -> bytes:
    """The bytes of `to_b64`; Malformed unless it is canonical and, if given, `length` bytes long."""
    if not isinstance(text, str):
        raise Malformed("not base64url")
    try:
        raw = base64.b64decode(text + "=" * (-len(text) % 4), altchars=b"-_", validate=True)
    except ValueError as error:
        raise Malformed("not base64url") from error
    if to_b64(raw) != text or (length is not None and len(raw) != length):
        raise Malformed("not canonical base64url of the right length")
    return raw


def _unique_keys(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    keys = dict(pairs)
    if len(keys) != len(pairs):
        raise ValueError("duplicate key")
    return keys


def _is_plain(value: Any) -> bool:
    """Whether `json` and RFC 8785 say it alike: they sort keys beyond ASCII, and write floats, each in its own way."""
    kind = type(value)
    if kind in _WORDS:
        return True
    if kind is int:
        return -_MAX_INTEGER <= int(value) <= _MAX_INTEGER
    if kind is dict:
        for key, item in value.items():
            if type(key) is not str or not key.isascii():
                return False
            if type(item) not in _WORDS and not _is_plain(item):
                return False
        return True
    return (kind is list or kind is tuple) and all(map(_is_plain, value))


def _refuse_floats(value: Any) -> None:
    if isinstance(value, float):
        raise Malformed("canonical JSON of ours holds integers only")
    if isinstance(value, Mapping):
        for item in value.values():
            _refuse_floats(item)
    elif isinstance(value, list | tuple):
        for item in value:
            _refuse_floats(item)
