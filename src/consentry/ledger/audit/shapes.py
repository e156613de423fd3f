"""One regular expression for all entries of a declared list of kinds, to hold a whole bundle against at once.

It matches a part of canonical JSON only: ASCII texts without quotes, backslashes and control characters, integers of up
to 15 digits, keys in order. Whatever else may be canonical is left to the slow, exact reading, entry by entry.
"""

import re
from collections.abc import Mapping, Sequence

import numpy as np

from consentry.kernel.opening import PUBLIC_FIELDS

# DEL stands between entries: canonical JSON may hold it in a text, and such a bundle goes the slow way.
_BETWEEN = b"\x7f"
_TEXT, _NUMBER = b'"[^"]*+"', b"(?:0|[1-9][0-9]{0,14}+)"
_PUBLIC = rb"\{" + b",".join(b'"%s":%s' % (name.encode(), _TEXT) for name in sorted(PUBLIC_FIELDS)) + rb"\}"


class Shapes:
    """Made once per `schema.change`; `prove` says whether every entry of a bundle has a declared shape."""

    def __init__(self, kinds: Mapping[str, frozenset[str]]) -> None:
        by_fields: dict[frozenset[str], list[str]] = {}
        for kind, fields in kinds.items():
            if kind != "schema.change":
                by_fields.setdefault(fields, []).append(kind)
        # Calls are most of a log, so they are tried first.
        ordered = sorted(by_fields.items(), key=lambda item: "call.receive" not in item[1])
        entry = b"|".join(_shape(fields, names) for fields, names in ordered) or b"(?!)"
        self._bundle = re.compile(b"(?:(?:" + entry + b")" + _BETWEEN + b")*+")

    def prove(self, entries: Sequence[bytes]) -> bytes | None:
        """The entries joined by DEL if each of them has a declared shape; None when that is not certain."""
        block = _BETWEEN.join(entries) + _BETWEEN
        if not block.isascii() or b"\\" in block or block.count(_BETWEEN) != len(entries):
            return None
        has_controls = int(np.frombuffer(block, np.uint8).min()) < ord(" ")
        return None if has_controls or self._bundle.fullmatch(block) is None else block


def places_of(kind: bytes, block: bytes) -> list[int]:
    """Which entries of a proven block have a kind that starts with `kind`, by their place in the bundle."""
    needle, places, at, seen, place = b'"kind":"' + kind, [], 0, 0, 0
    while (at := block.find(needle, at)) >= 0:
        place += block.count(_BETWEEN, seen, at)
        places.append(place)
        seen = at
        at += len(needle)
    return places


def _shape(fields: frozenset[str], kinds: Sequence[str]) -> bytes:
    values = {"kind": b'"(?:' + b"|".join(re.escape(kind).encode() for kind in kinds) + b')"', "v": b"1", "t": _NUMBER}
    values |= {name: b"(?:%s|-?%s)" % (_TEXT, _NUMBER) for name in fields if name != "public"}
    values |= {"public": _PUBLIC} if "public" in fields else {}
    return rb"\{" + b",".join(b'"%s":%s' % (name.encode(), values[name]) for name in sorted(values)) + rb"\}"
