"""The three entries of a look, read by one match each, out of plain text: ASCII, no backslash, no control character."""

import re
from collections.abc import Mapping, Set
from typing import Final

from consentry.kernel.opening import PUBLIC_FIELDS

_NUMBER, _HASH, _TEXT = b"(0|[1-9][0-9]{0,14}+)", b'"([0-9A-Za-z_-]{43})"', b'"[^"]*+"'
_PUBLIC = b",".join(
    b'"%s":%s' % (name.encode(), b'"([^"]*+)"' if name == "policy_sha256" else _TEXT) for name in sorted(PUBLIC_FIELDS)
)

COMMIT: Final = re.compile(
    rb'\{"commit":"([^"]*+)","kind":"look\.commit","policy_sha256":"([^"]*+)","t":%s,"v":1\}' % _NUMBER
)
REVEAL: Final = re.compile(
    rb'\{"index":%s,"inner":%s,"kind":"look\.reveal","public":(\{%s\}),"salt_pub":%s,"t":%s,"v":1\}'
    % (_NUMBER, _HASH, _PUBLIC, _HASH, _NUMBER)
)
END: Final = re.compile(
    rb'\{"duration_bucket":%s,"index":%s,"kind":"look\.end","reason":%s,"t":%s,"v":1\}'
    % (_TEXT, _NUMBER, _TEXT, _NUMBER)
)
# By what an entry has after `{"`.
LOOKS: Final = {b"com": COMMIT, b"ind": REVEAL, b"dur": END}
_FIELDS: Final[Mapping[str, Set[str]]] = {
    "look.commit": {"commit", "policy_sha256"},
    "look.end": {"duration_bucket", "index", "reason"},
    "look.reveal": {"index", "inner", "public", "salt_pub"},
}


def are_declared(kinds: Mapping[str, frozenset[str]]) -> bool:
    """Whether a log declares looks with just the fields that are matched here."""
    return all(kinds.get(kind) == fields for kind, fields in _FIELDS.items())
