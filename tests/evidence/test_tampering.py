"""One byte changed anywhere, one part swapped, one thing claimed that is not so: refused, in the layer that is wrong.

Each case goes through both checks: `consentry verify bag` and the `verify.py` that lies in the bag.
"""

import io
import types
from pathlib import Path

import pytest
from tests.evidence.bag_maker import Kept, World
from tests.evidence.tampering import CASES, Case
from tests.evidence.zip_tampering import ZIP_CASES, honest_again

from consentry.evidence.bag.check.fault import LAYERS, BagFault
from consentry.evidence.bag.check.roots import parse_roots
from consentry.evidence.bag.check.sources import ZipSource
from consentry.evidence.bag.check.verdict import Verdict, verify_bag
from consentry.evidence.bag.make import draft_bag
from consentry.evidence.bag.types import BagItem

ALL = [*CASES, *ZIP_CASES]


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> World:
    """The keys, and one honest bag made once."""
    return World(tmp_path_factory.mktemp("bag"))


@pytest.fixture(scope="module")
def by_hand(world: World) -> types.ModuleType:
    """The `verify.py` of the honest bag as a module of its own."""
    module = types.ModuleType("verify_by_hand")
    exec(compile(world.files["verify.py"], "verify.py", "exec"), module.__dict__)
    return module


def ours(zipped: bytes, world: World) -> Verdict:
    return verify_bag(ZipSource(io.BytesIO(zipped)), parse_roots(world.trust))


def test_the_honest_bag_holds_in_both_checks(world: World, by_hand: types.ModuleType) -> None:
    for zipped in (world.zipped, honest_again(world)):
        verdict = ours(zipped, world)
        assert verdict.complete
        assert len(verdict.proved) == 6
        theirs = by_hand.verify_bag(by_hand.ZipSource(io.BytesIO(zipped)), by_hand.parse_roots(world.trust))
        assert (theirs.proved, theirs.unproved) == (verdict.proved, verdict.unproved)


def test_sealing_again_what_was_not_changed_holds(world: World) -> None:
    """So that each `inside` case is refused for what it changes, and not for how it is made."""
    from tests.evidence.bag_maker import zip_of

    assert ours(zip_of(world.reseal(world.files)), world).complete
    derived = world.reseal(world.derivative_files, kind="derivative", original=f"itm_{'a' * 26}")
    assert ours(zip_of(derived), world).complete
    log, item, export = world.full_log()
    head = log.head()
    proven = {"item.tlog-proof": log.prove(item, head).encode(), "seal.tlog-proof": log.prove(export, head).encode()}
    assert ours(zip_of(world.files | proven), world).complete


@pytest.mark.parametrize("case", ALL, ids=lambda case: case.name)
def test_tampering_is_refused_in_its_layer_by_both_checks(case: Case, world: World, by_hand: types.ModuleType) -> None:
    zipped = case.make(world)
    with pytest.raises(BagFault) as fault:
        ours(zipped, world)
    with pytest.raises(by_hand.BagFault) as theirs:
        by_hand.verify_bag(by_hand.ZipSource(io.BytesIO(zipped)), by_hand.parse_roots(world.trust))
    assert (fault.value.layer, str(fault.value)) == (theirs.value.layer, str(theirs.value))
    assert fault.value.layer == case.layer, str(fault.value)


def test_there_are_enough_cases_in_each_layer() -> None:
    assert len(ALL) >= 120
    assert {case.layer for case in ALL} == set(LAYERS) - {"store"}
    assert len({case.name for case in ALL}) == len(ALL)


def test_a_store_that_gives_other_bytes_makes_no_bag(world: World, tmp_path: Path) -> None:
    about, journal, manifest = world.item_files()
    for wrong in (world.contents[::-1], [content + b"x" for content in world.contents], [b"", b"", b""]):
        item = BagItem(about, journal, manifest, None, Kept(wrong), world.events(5))
        with pytest.raises(BagFault) as fault:
            draft_bag(tmp_path, item, world.order(), world.vault)
        assert fault.value.layer == "store"
