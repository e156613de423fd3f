"""The closed list of kinds: alphabetical, pinned, and held to by what is written."""

import json

import pytest

from consentry.kernel.errors import Malformed
from consentry.ledger.kinds import KINDS, SCHEMA_VERSION, make_entry, schema_digest, schema_entry

# Whoever changes a kind or its fields raises SCHEMA_VERSION and adds a line: the log then carries a `schema.change`.
DIGESTS = {
    1: "8552eab52f1b1cfbf282295b88ceaf1740c11d1cb448909dba0b2732ad3061ed",
    2: "15e34ab00222dc555603bf42a2d8435924241c12d8bde553c2b3f040be1ba178",
    3: "39b17d6170c927547b9e61e5ea61cfb1d7cbf3f4ef0b3f25a268cf1bbbfa6ace",
    4: "65825c89d882174048d0e4df15bad8f1ac00ea4a75c40433b99aa6e7cbacebcc",
}


def test_changing_the_kinds_needs_a_new_schema_version() -> None:
    assert schema_digest().hex() == DIGESTS[SCHEMA_VERSION]


def test_kinds_and_fields_are_alphabetical() -> None:
    assert list(KINDS) == sorted(KINDS)
    assert all(list(fields) == sorted(fields) for fields in KINDS.values())


def test_the_schema_entry_declares_every_kind() -> None:
    entry = json.loads(schema_entry(t_ms=5))
    assert {kind: tuple(fields) for kind, fields in entry["kinds"].items()} == dict(KINDS)
    assert (entry["kind"], entry["t"], entry["v"], entry["version"]) == ("schema.change", 5, 1, SCHEMA_VERSION)


@pytest.mark.parametrize(
    ("kind", "fields"),
    [
        ("look.look", {}),
        ("call.receive", {"commit": "x"}),
        ("call.receive", {"commit": "x", "feed": "f", "plate": "ABC"}),
        ("call.receive", {"commit": "x", "feed": True}),
        ("call.receive", {"commit": "x", "feed": 1.5}),
        ("call.receive", {"commit": {"a": "b"}, "feed": "f"}),
        ("call.receive", {"commit": "x" * 70_000, "feed": "f"}),
    ],
)
def test_what_the_list_does_not_say_is_not_an_entry(kind: str, fields: dict[str, object]) -> None:
    with pytest.raises(Malformed):
        make_entry(kind, fields, t_ms=1)
