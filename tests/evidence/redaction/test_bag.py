"""A redacted item that leaves the house: its bag holds offline and says what it was made from, and nothing else passes.

A redaction is released, exported with a real log and checked by `consentry verify bag` and by the `verify.py` in it, in
processes without the server. Then somebody tampers with it: each time it is refused, in the layer that is wrong.
"""

import hashlib
import io
import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from tests.evidence.bag_maker import Files, payload_of, relist, resign, unzip, zip_of
from tests.evidence.redact.stage import film
from tests.evidence.redaction.stage import opened, region, released, sealed_film, seen
from tests.evidence.test_disclosure import of
from tests.evidence.test_exports import Integrate, integrate, whole, worked  # noqa: F401 a fixture
from tests.ledger.conftest import data, sequencer, sequencer_settings  # noqa: F401 fixtures

from consentry.evidence import models, services
from consentry.evidence.bag.check.fault import BagFault
from consentry.evidence.bag.check.roots import parse_roots
from consentry.evidence.bag.check.sources import ZipSource
from consentry.evidence.bag.check.verdict import ABOUT, JOURNAL, MANIFEST, verify_bag
from consentry.evidence.redact.plan import parse_plan
from consentry.evidence.redaction import services as redactions
from consentry.evidence.redaction.rules import Change
from consentry.evidence.vault_door import open_vault, vault_vkeys
from consentry.kernel.canonical import canonical_json
from consentry.kernel.clock import utc_now
from consentry.kernel.ids import ItemId
from consentry.kernel.note import Signer
from consentry.ledger import queries as ledger

pytestmark = pytest.mark.django_db(transaction=True)
FILM, PLAN = "data/original/000000.mp4", "data/original/000001.bin"


@pytest.fixture
def bagged(integrate: Integrate) -> tuple[models.Item, bytes, bytes]:  # noqa: F811
    """The original, its own bag, and the bag of its redaction."""
    stage, item = sealed_film()
    name = opened(stage.analyst, item, finds_faces=True)
    change = Change((), (region(),), keep_sound=False, sound_spans=())
    redactions.change_redaction(stage.analyst, name, 0, change, now=utc_now())
    seen(stage.analyst, name)
    made = released(stage.analyst, name)
    exports = [services.begin_export(stage.analyst, one.id, "Court", "en", now=utc_now()) for one in (item, made)]
    worked(integrate)
    original, redacted = (whole(of(stage.analyst), f"/exports/{export.id}/bag") for export in exports)
    return item, original, redacted


def trust() -> str:
    """What an outsider would have been given: keys alone."""
    return f"vault {vault_vkeys()[0]}\nlog {ledger.log_vkey()}\nquorum none\n"


def refused(zipped: bytes) -> tuple[str, str]:
    with pytest.raises(BagFault) as fault:
        verify_bag(ZipSource(io.BytesIO(zipped)), parse_roots(trust()))
    return fault.value.layer, str(fault.value)


def test_a_redacted_bag_holds_offline_says_what_it_was_made_from_and_is_refused_when_somebody_tampers(
    bagged: tuple[models.Item, bytes, bytes], tmp_path: Path
) -> None:
    item, original, redacted = bagged
    files = unzip(redacted)
    holds_offline(redacted, files, item.id, tmp_path)
    carries_its_parameters(files, item)
    tried = tampered(files, unzip(original), open_vault()._signer)
    assert {name: refused(zipped)[0] for name, _, zipped in tried} == {name: layer for name, layer, _ in tried}


def holds_offline(zipped: bytes, files: Files, original: str, folder: Path) -> None:
    """Both checks, each in a process of its own that knows nothing of the platform's database."""
    bag, keys, program = folder / "bag.zip", folder / "trust", folder / "verify.py"
    bag.write_bytes(zipped)
    keys.write_text(trust())
    program.write_bytes(files["verify.py"])
    quiet = {"PATH": os.environ["PATH"]}
    ours = [sys.executable, "-m", "consentry.project.cli", "verify", "bag", str(bag), "--trust", str(keys)]
    theirs = [sys.executable, "-I", str(program), str(bag), "--trust", str(keys)]
    for command in (ours, theirs):
        done = subprocess.run(command, capture_output=True, text=True, check=False, env=quiet, cwd=folder)
        assert done.returncode == 3, done.stdout + done.stderr  # no time-stamping authority and no witness here
        assert f"made from {original} and not the original itself" in done.stdout


def carries_its_parameters(files: Files, item: models.Item) -> None:
    """From the signed manifest to the plan, and from the plan to the original's very files."""
    said = json.loads(payload_of(files[MANIFEST]))
    assert (said["kind"], said["original"]) == ("derivative", item.id)
    assert said["derivation"]["plan_sha256"] == hashlib.sha256(files[PLAN]).hexdigest()
    plan = parse_plan(json.loads(files[PLAN]))
    lines = open_vault().lines_of(ItemId(item.id))
    assert (plan.original.item, plan.original.parts_sha256) == (item.id, tuple(line.sha256 for line in lines))
    assert (len(plan.tracks), len(plan.regions)) == (said["derivation"]["tracks"], said["derivation"]["regions"])
    assert [key.by for one in plan.regions for key in one.keys] == [review.reviewer for review in plan.reviews]
    assert b"original" in files["data/custody/case.jsonld"].lower()


def tampered(files: Files, original: Files, vault: Signer) -> list[tuple[str, str, bytes]]:
    """What is tried, in which layer it is refused, and the zip file."""

    def with_said(signer: Signer, change: Callable[[dict[str, object]], None]) -> Files:
        payload = json.loads(payload_of(files[MANIFEST]))
        change(payload)
        return {**files, MANIFEST: resign(payload, signer)}

    def plain(said: dict[str, object]) -> None:
        said.update(kind="look", original="", derivation={})

    def milder(said: dict[str, object]) -> None:
        said["derivation"] = {**said["derivation"], "regions": 0}  # type: ignore[dict-item]

    plan = json.loads(files[PLAN])
    other_plan = canonical_json({**plan, "regions": [], "dismissals": []})
    unhidden = {**files, FILM: film()}
    stranger = Signer.generate("vault.example/items")
    about = json.loads(files[ABOUT])
    claimed = files["bag-info.txt"].replace(b"Kind: derivative", b"Kind: look")
    relinked = json.loads(payload_of(files[MANIFEST]))["original"].replace("itm_", "itm_b")[:30].encode()
    return [
        ("the original's film in place of the redacted one", "segment", zip_of(unhidden)),
        ("the same, listed anew", "seal", zip_of(relist(unhidden))),
        ("a plan that hid less", "segment", zip_of({**files, PLAN: other_plan})),
        ("a plan that hid less, listed anew", "seal", zip_of(relist({**files, PLAN: other_plan}))),
        ("the plan left out", "bag", zip_of({name: body for name, body in files.items() if name != PLAN})),
        ("called an original by bag-info.txt", "bag", zip_of({**files, "bag-info.txt": claimed})),
        ("called an original by the manifest, signed by a stranger", "manifest", zip_of(with_said(stranger, plain))),
        ("called an original by the manifest, listed anew", "seal", zip_of(relist(with_said(vault, plain)))),
        ("other parameters, signed by the vault's own key", "manifest", zip_of(with_said(vault, milder))),
        ("linked to another original", "journal", zip_of({**files, ABOUT: files[ABOUT].replace(
            about["original"].encode(), relinked)})),
        ("the original's manifest over the redacted film", "manifest", zip_of({**files, MANIFEST: original[MANIFEST]})),
        ("the original's journal", "journal", zip_of({**files, JOURNAL: original[JOURNAL]})),
        ("the seal of the original's bag", "seal", zip_of({**files, "seal.json": original["seal.json"]})),
        ("the redaction's seal over the original's bag", "seal", zip_of({**original, "seal.json": files["seal.json"]})),
        ("the proof of the original", "log", zip_of({**files, "item.tlog-proof": original["item.tlog-proof"]})),
    ]  # fmt: skip
