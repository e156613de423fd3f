"""The sealed channel of an own look, against docs/spec/vectors/own-channel.json, and against whoever changes a byte."""

import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from consentry.kernel.errors import Malformed, Untrusted
from consentry.kernel.ids import OwnLookId, new_id
from consentry.kernel.own_channel import (
    FrameKind,
    channel_keys,
    open_frame,
    open_word,
    opened_message,
    parse_frame,
    parse_own_id,
    seal_frame,
    seal_word,
)

VECTOR = json.loads((Path(__file__).resolve().parents[2] / "docs/spec/vectors/own-channel.json").read_text())
SESSION = OwnLookId(VECTOR["session"])
KEYS = channel_keys(bytes.fromhex(VECTOR["secret"]), SESSION)
FRAME = seal_frame(KEYS, FrameKind.PICTURE, 7, b"a picture")


def test_the_published_vectors_hold() -> None:
    for said in VECTOR["frames"]:
        plain, frame = bytes.fromhex(said["plain"]), bytes.fromhex(said["frame"])
        assert seal_frame(KEYS, FrameKind(said["kind"]), said["counter"], plain) == frame
        assert open_frame(KEYS, frame) == ((SESSION, said["kind"], said["counter"]), plain)
    for said in VECTOR["words"]:
        assert seal_word(KEYS, said["counter"], said["plain"].encode()) == said["word"]
        assert open_word(KEYS, said["word"], said["counter"]).decode() == said["plain"]
    message = opened_message(VECTOR["record"], bytes.fromhex(VECTOR["box"]))
    assert message == bytes.fromhex(VECTOR["opened_message"])


@given(st.integers(0, len(FRAME) - 1), st.integers(1, 255))
def test_a_frame_with_one_changed_byte_opens_nowhere(at: int, change: int) -> None:
    changed = FRAME[:at] + bytes([FRAME[at] ^ change]) + FRAME[at + 1 :]
    with pytest.raises((Untrusted, Malformed)):
        open_frame(KEYS, changed)


@given(st.binary(max_size=60))
def test_any_bytes_are_a_frame_or_malformed(data: bytes) -> None:
    try:
        parse_frame(data)
    except Malformed:
        return
    with pytest.raises(Untrusted):
        open_frame(KEYS, data)


@pytest.mark.parametrize("counter", [1, 3])
def test_a_word_that_does_not_follow_is_refused(counter: int) -> None:
    with pytest.raises(Untrusted):
        open_word(KEYS, seal_word(KEYS, 2, b"x"), counter)


@pytest.mark.parametrize("word", [None, 5, "", "AAAA", "!", "A" * 5_000])
def test_what_is_no_word_is_refused(word: object) -> None:
    with pytest.raises((Untrusted, Malformed)):
        open_word(KEYS, word, 1)


def test_keys_are_of_one_session_and_one_direction() -> None:
    other = channel_keys(bytes.fromhex(VECTOR["secret"]), OwnLookId(new_id("own_look")))
    with pytest.raises(Untrusted):
        open_word(other, seal_word(KEYS, 1, b"x"), 1)
    with pytest.raises(Untrusted):
        open_frame(other, FRAME)


@pytest.mark.parametrize("value", [None, 7, "", "own_", "ses_" + VECTOR["session"][4:], VECTOR["session"].upper()])
def test_only_an_own_id_is_one(value: object) -> None:
    assert parse_own_id(SESSION) == SESSION
    with pytest.raises(Malformed):
        parse_own_id(value)
