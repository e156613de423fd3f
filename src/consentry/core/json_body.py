"""Request bodies: one JSON object, bounded in size and depth, each key once."""

from typing import Any

from django.http import HttpRequest
from ninja.parser import Parser

from consentry.kernel.canonical import parse_object
from consentry.kernel.errors import Malformed
from consentry.kernel.limits import MAX_JSON_BODY_BYTES

MAX_DEPTH = 32


class StrictParser(Parser):
    """ninja's parser, but strict (see `parse_body_object`)."""

    def parse_body(self, request: HttpRequest) -> dict[str, Any]:
        """The body as an object; Malformed otherwise."""
        return parse_body_object(request.body)


def parse_body_object(body: bytes) -> dict[str, Any]:
    """One JSON object of at most 1 MiB and 32 levels, without duplicate keys; Malformed otherwise."""
    value = parse_object(body, max_bytes=MAX_JSON_BODY_BYTES)
    level: list[Any] = [value]
    for _ in range(MAX_DEPTH + 1):
        level = [child for item in level for child in _children(item)]
        if not level:
            return value
    raise Malformed("JSON is nested too deeply")


def _children(value: Any) -> list[Any]:
    if isinstance(value, dict):
        return list(value.values())
    return value if isinstance(value, list) else []
