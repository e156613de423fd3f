"""One regular expression for all entries of a declared list of kinds, to hold a whole bundle against at once.

It matches a part of canonical JSON only: ASCII texts without quotes, backslashes and control characters, integers of up
to 15 digits, keys in order. Whatever else may be canonical is left to the slow, exact reading, entry by entry.
"""

import re
from collections.abc import Mapping, Sequence

import numpy as np

from consentry.kernel.opening import PUBLIC_FIELDS
from consentry.kernel.tiles import Bundle
from consentry.ledger.audit.forms import Forms
from consentry.ledger.audit.looks import LOOKS, are_declared

# A place in a bundle, and the match of a look's entry if it is one.
Found = tuple[int, re.Match[bytes] | None]

# DEL stands between entries: canonical JSON may hold it in a text, and such a bundle goes the slow way.
_BETWEEN = b"\x7f"
_TEXT, _NUMBER = b'"[^"]*+"', b"(?:0|[1-9][0-9]{0,14}+)"
# The kinds that an audit follows from entry to entry; any other is right once its shape is.
_STORIED = re.compile(rb'"kind":"(?:look\.|order\.execute")')
_PUBLIC = rb"\{" + b",".join(b'"%s":%s' % (name.encode(), _TEXT) for name in sorted(PUBLIC_FIELDS)) + rb"\}"


class Shapes:
    """Made once per `schema.change`; says which entries of a bundle have a declared shape and need no second look."""

    def __init__(self, kinds: Mapping[str, frozenset[str]]) -> None:
        by_fields: dict[frozenset[str], list[str]] = {}
        for kind, fields in kinds.items():
            if kind != "schema.change":
                by_fields.setdefault(fields, []).append(kind)
        # Calls are most of a log, so they are tried first.
        ordered = sorted(by_fields.items(), key=lambda item: "call.receive" not in item[1])
        entry = b"|".join(_shape(fields, names) for fields, names in ordered) or b"(?!)"
        self._bundle = re.compile(b"(?:(?:" + entry + b")" + _BETWEEN + b")*+")
        self._forms = Forms(self._has_no_story)
        self._looks = LOOKS if are_declared(kinds) else {}

    def sift(self, bundle: Bundle) -> list[Found] | None:
        """The looks and orders in order, if every entry has a declared shape; None when that is not certain."""
        places, entries = self._forms.sift(bundle), bundle.entries
        if not _are_plain([entries[place] for place in places]):
            return None
        found: list[Found] = []
        others: list[bytes] = []
        for place in places:
            entry = entries[place]
            form = self._looks.get(entry[2:5])
            if form is not None and (look := form.fullmatch(entry)) is not None:
                found.append((place, look))
                continue
            others.append(entry)
            if _STORIED.search(entry):
                found.append((place, None))
        return found if not others or self._prove(others) else None

    def _prove(self, entries: Sequence[bytes]) -> bool:
        """Whether each of `entries`, plain text, has a declared shape; False when that is not certain."""
        return self._bundle.fullmatch(_BETWEEN.join(entries) + _BETWEEN) is not None

    def _has_no_story(self, entry: bytes) -> bool:
        return _are_plain([entry]) and self._prove([entry]) and _STORIED.search(entry) is None


def _are_plain(entries: Sequence[bytes]) -> bool:
    """Whether they are all ASCII without backslashes, control characters and DEL."""
    text = b"".join(entries)
    return (
        text.isascii()
        and b"\\" not in text
        and _BETWEEN not in text
        and (not text or int(np.frombuffer(text, np.uint8).min()) >= ord(" "))
    )


def _shape(fields: frozenset[str], kinds: Sequence[str]) -> bytes:
    values = {"kind": b'"(?:' + b"|".join(re.escape(kind).encode() for kind in kinds) + b')"', "v": b"1", "t": _NUMBER}
    values |= {name: b"(?:%s|%s|-[1-9][0-9]{0,14}+)" % (_TEXT, _NUMBER) for name in fields if name != "public"}
    values |= {"public": _PUBLIC} if "public" in fields else {}
    return rb"\{" + b",".join(b'"%s":%s' % (name.encode(), values[name]) for name in sorted(values)) + rb"\}"
