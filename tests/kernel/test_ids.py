"""Ids: random, typed by prefix, one text for 16 bytes."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from consentry.kernel.ids import ID_LENGTH, PREFIXES, bytes_of_id, id_of_bytes, new_id


@given(raw=st.binary(min_size=16, max_size=16), kind=st.sampled_from(sorted(PREFIXES)))
def test_an_id_stands_for_its_bytes_and_its_kind(raw: bytes, kind: str) -> None:
    made = id_of_bytes(kind, raw)
    assert (len(made), made[:4], bytes_of_id(made)) == (ID_LENGTH, PREFIXES[kind] + "_", raw)


def test_new_ids_differ_and_tell_no_order() -> None:
    made = [new_id("camera") for _ in range(200)]
    assert len(set(made)) == 200
    assert made != sorted(made)


def test_prefixes_name_one_kind_each() -> None:
    assert len(set(PREFIXES.values())) == len(PREFIXES)
    assert all(len(prefix) == 3 for prefix in PREFIXES.values())


@pytest.mark.parametrize("text", [
    "", "cam", "cam_", "cam_" + "a" * 25, "cam_" + "a" * 27, "xxx_" + "a" * 26, "cam_" + "A" * 26, "cam_" + "1" * 26,
    "cam_" + "a" * 25 + "b", "cam_" + "é" * 26, "cam_" + "a" * 24 + "==",
])  # fmt: skip
def test_what_is_no_id_is_refused(text: str) -> None:
    with pytest.raises(ValueError):
        bytes_of_id(text)


def test_unknown_kinds_and_other_lengths_are_refused() -> None:
    with pytest.raises(KeyError):
        new_id("plate")
    with pytest.raises(ValueError, match="16 bytes"):
        id_of_bytes("camera", b"short")
