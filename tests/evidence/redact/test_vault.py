"""From a sealed item to a sealed redaction of it: the original untouched, the derivative linked, its plan beside it."""

import hashlib
import io
import json
import os
from dataclasses import replace
from pathlib import Path

import pytest
from tests.evidence.redact.stage import FRAMES, film, reviewed
from tests.evidence.vault.rig import BEGAN_MS, begun, new_about, open_vault, read

from consentry.evidence.redact import service
from consentry.evidence.redact.original import FileReader, Original, Part, StreamReader
from consentry.evidence.redact.plan import PLAN_TYPE, derivation, parse_plan, plan_bytes
from consentry.evidence.vault.vault import Vault
from consentry.kernel.errors import Untrusted
from consentry.kernel.ids import ItemId, new_id
from consentry.kernel.item import SegmentSpan
from consentry.kernel.mask import MASK_SPAN


def _original(vault: Vault, item: ItemId) -> Original:
    lines = vault.lines_of(item)
    return Original(
        item,
        tuple(
            Part(
                StreamReader(line.size_bytes, lambda number=line.number: vault.open_segment(item, number)),
                line.sha256, line.start_us - lines[0].start_us,
            )
            for line in lines
        ),
    )  # fmt: skip


def test_a_redaction_of_a_sealed_item_is_sealed_with_its_plan_and_the_original_stays(tmp_path: Path) -> None:
    vault = open_vault(tmp_path)
    about = begun(vault, film(), film())
    vault.close(about.item, now_ms=BEGAN_MS + 20_000)
    original = _original(vault, about.item)
    frames = service.decode_frames(original)
    # The rig's segments are ten seconds apart, so the second film begins then.
    assert frames.at_us[FRAMES] == 10_000_000
    everything = ((0, 0), (MASK_SPAN, 0), (MASK_SPAN, MASK_SPAN), (0, MASK_SPAN))
    plan = service.plan_by_hand(original, frames)
    plan = reviewed(replace(plan, regions=(service.region_of("all", everything, frames),)))
    with (tmp_path / "made").open("w+b") as spool:
        made = service.render_release(original, plan, spool)
        service.check_rendered(plan, FileReader(spool))
        redaction = replace(
            new_about(),
            kind="derivative",
            source={},
            original=about.item,
            derivation=derivation(plan),
            salt=os.urandom(32),
        )
        vault.begin(redaction)
        spool.seek(0)
        end_us = BEGAN_MS * 1_000 + 12_400_000
        said = SegmentSpan(0, BEGAN_MS * 1_000, end_us, made.media_type, made.size_bytes, made.sha256, {})
        vault.take_segment(redaction.item, said, [spool.read()])
    beside = plan_bytes(plan)
    digest = hashlib.sha256(beside).hexdigest()
    vault.take_segment(
        redaction.item, SegmentSpan(1, BEGAN_MS * 1_000, end_us, PLAN_TYPE, len(beside), digest, {}), [beside]
    )
    vault.close(redaction.item, now_ms=BEGAN_MS + 30_000)
    signed = vault.check(redaction.item)
    assert signed is not None
    assert signed.manifest.original == about.item
    assert signed.manifest.derivation["plan_sha256"] == digest
    assert parse_plan(json.loads(read(vault, redaction.item, 1))) == plan
    assert read(vault, about.item, 0) == film()
    # Another item with the very same pictures is another original.
    with pytest.raises(Untrusted):
        service.render_release(replace(original, item=new_id("item")), plan, io.BytesIO())


def test_a_segment_that_can_only_be_read_onwards_is_read_anywhere() -> None:
    data = os.urandom(3_000_000)
    pieces = [data[at : at + 100_000] for at in range(0, len(data), 100_000)]
    reader = StreamReader(len(data), lambda: iter(pieces))
    for offset, size in ((0, 10), (2_999_990, 50), (2_900_000, 99), (50_000, 250_000), (0, 1), (3_000_000, 5)):
        assert reader.read_at(offset, size) == data[offset : offset + size]
    assert reader.beginnings == 2
    with pytest.raises(Untrusted):
        StreamReader(len(data) + 1, lambda: iter(pieces)).read_at(2_999_999, 2)
