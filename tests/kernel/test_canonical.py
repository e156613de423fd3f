"""Canonical JSON and base64url: one value, one byte string."""

import json
from typing import Any

import pytest
import rfc8785
from hypothesis import given
from hypothesis import strategies as st

from consentry.kernel.canonical import canonical_json, from_b64, parse_object, sha256_of, to_b64
from consentry.kernel.errors import Malformed

VALUES = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**53) + 1, 2**53 - 1) | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=20,
)


@given(VALUES)
def test_what_is_written_reads_back_and_is_written_the_same_again(value: Any) -> None:
    written = canonical_json(value)
    assert json.loads(written) == value
    assert canonical_json(json.loads(written)) == written


PLAIN_KEYS = st.text(st.characters(max_codepoint=127), max_size=8)


@given(st.dictionaries(PLAIN_KEYS, st.dictionaries(PLAIN_KEYS, VALUES, max_size=3) | st.tuples(VALUES) | VALUES))
def test_the_quick_way_makes_the_bytes_of_rfc_8785(value: dict[str, Any]) -> None:
    assert canonical_json(value) == rfc8785.dumps(value)


def test_every_character_is_escaped_as_rfc_8785_says() -> None:
    text = "".join(map(chr, (*range(0xD800), *range(0xE000, 0x11_0000, 97))))
    assert canonical_json({"text": text}) == rfc8785.dumps({"text": text})


@given(st.dictionaries(st.text(), st.integers(0, 9), min_size=2, max_size=6))
def test_the_order_of_keys_does_not_matter(value: dict[str, int]) -> None:
    assert canonical_json(dict(reversed(value.items()))) == canonical_json(value)
    assert sha256_of(dict(reversed(value.items()))) == sha256_of(value)


def test_keys_are_sorted_by_utf_16_and_nothing_is_escaped_without_need() -> None:
    assert (
        canonical_json({"\U0001f600": 1, "\ufb33": 2, "é": '"\n'})
        == '{"é":"\\"\\n","\U0001f600":1,"\ufb33":2}'.encode()
    )


@pytest.mark.parametrize("value", [1.0, {"a": [0.5]}, float("nan"), 2**53, {"a": (1, {"b": 2.5})}, "\ud800"])
def test_floats_large_integers_and_broken_text_are_refused(value: object) -> None:
    with pytest.raises(Malformed):
        canonical_json(value)


@pytest.mark.parametrize("data", [b"", b"[]", b"7", b'"x"', b"{", b'{"a":1,"a":2}', b"\xff", b"[" * 100_000])
def test_what_is_no_single_object_is_refused(data: bytes) -> None:
    with pytest.raises(Malformed):
        parse_object(data, max_bytes=1_000_000)


def test_a_key_twice_deep_inside_is_refused_and_the_bound_holds() -> None:
    with pytest.raises(Malformed):
        parse_object(b'{"a":[{"b":1,"b":1}]}', max_bytes=100)
    with pytest.raises(Malformed):
        parse_object(b'{"a":1}', max_bytes=6)
    assert parse_object(b'{"a":1}', max_bytes=7) == {"a": 1}


@given(st.binary(max_size=100))
def test_base64_reads_back(raw: bytes) -> None:
    assert from_b64(to_b64(raw), length=len(raw)) == raw


@pytest.mark.parametrize("text", ["A", "AA==", "AB", "A+/A", "A A A", "AAé", "AAAA\n", None, 7])
def test_base64_that_is_not_canonical_is_refused(text: Any) -> None:
    with pytest.raises(Malformed):
        from_b64(text)


def test_base64_of_another_length_is_refused() -> None:
    with pytest.raises(Malformed):
        from_b64("AAAA", length=2)
