"""The rules for weak lines, as a table of seconds: which of them lost pictures, and what the viewer gets after each."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from consentry.media.line import FIRST_STEADY_S, MOST_STEADY_S, Level, Line

# The steady time begins when the change has settled, at the last whole second of it.
_SETTLING = 1


def levels(losses: str, *, has_small: bool = True, line: Line | None = None) -> str:
    """One letter per second: `x` lost a picture, `.` did not; answers F(ull), S(mall), 1 (few) per second."""
    line, lost, told = line or Line(), 0, ""
    for second, letter in enumerate(losses):
        lost += letter == "x"
        told += "FS1"[line.judge(lost, float(second), has_small=has_small)]
    return told


@pytest.mark.parametrize(("losses", "has_small", "told"), [
    ("..........", True, "FFFFFFFFFF"),
    ("x.........", True, "FFFFFFFFFF"),  # one bad second is no weak line
    ("x.....x...", True, "FFFFFFFFFF"),  # nor are two that lie apart
    ("x...x.....", True, "FFFFSSSSSS"),
    ("xx........", True, "FSSSSSSSSS"),
    ("xx........", False, "F111111111"),  # without a sub-stream: few pictures
    ("xxxxx.....", True, "FSSS111111"),  # what is lost while it changes over (2 s) is not held against the small one
    ("xxxxxxxxxx", True, "FSSS111111"),
])  # fmt: skip
def test_down(losses, has_small, told):
    assert levels(losses, has_small=has_small) == told


def test_up_again_after_a_steady_time_and_later_after_each_fall():
    told = levels("xx" + "." * 24)
    assert told.index("S") == 1
    assert told[1:].index("F") == FIRST_STEADY_S + _SETTLING
    again = levels("xx" + "." * 22 + "xx" + "." * 60)
    fell = again.index("S", 23)
    assert again[fell:].index("F") == 2 * FIRST_STEADY_S + _SETTLING


def test_from_few_pictures_it_goes_up_by_the_small_ones():
    told = levels("xxxxx" + "." * 50)
    assert "".join(dict.fromkeys(told)) == "FS1"
    assert told[5:].lstrip("1")[0] == "S"
    assert told[-1] == "F"


def test_who_loses_the_small_stream_gets_few_pictures():
    line = Line()
    assert levels("xx..", line=line)[-1] == "S"
    assert line.judge(2, 5.0, has_small=False) is Level.FEW


@given(st.text("x.", max_size=400), st.booleans())
def test_it_never_rises_sooner_than_a_steady_time_after_a_loss(losses, has_small):
    told = levels(losses, has_small=has_small)
    order = "1SF"
    for second in range(1, len(told)):
        if order.index(told[second]) > order.index(told[second - 1]):
            assert "x" not in losses[max(0, second - int(FIRST_STEADY_S) + 3) : second + 1]


def test_the_wait_is_bounded():
    line, lost, second, waits = Line(), 0, 0.0, []
    for _ in range(12):
        while line.level is Level.FULL:
            lost, second = lost + 1, second + 1
            line.judge(lost, second, has_small=True)
        fell = second
        while line.level is not Level.FULL:
            second += 1
            line.judge(lost, second, has_small=True)
        waits.append(second - fell)
    assert waits[0] == FIRST_STEADY_S + _SETTLING
    assert max(waits) == MOST_STEADY_S + _SETTLING
