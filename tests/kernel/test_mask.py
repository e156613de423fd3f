"""Masks: their hash and their bounds; vectors in docs/spec/vectors/mask.json."""

import json
from pathlib import Path
from typing import Any

import pytest

from consentry.kernel.canonical import canonical_json
from consentry.kernel.errors import Malformed
from consentry.kernel.mask import mask_record, mask_sha256, parse_mask

VECTORS: dict[str, Any] = json.loads((Path(__file__).resolve().parents[2] / "docs/spec/vectors/mask.json").read_text())


@pytest.mark.parametrize("case", VECTORS["masks"], ids=lambda case: case["name"])
def test_a_mask_has_the_published_hash_and_survives_its_record(case: dict[str, Any]) -> None:
    mask = parse_mask(case["mask"])
    assert mask_record(mask) == case["mask"]
    assert canonical_json(mask_record(mask)).decode() == case["canonical"]
    assert mask_sha256(mask) == case["mask_sha256"]


@pytest.mark.parametrize("case", VECTORS["malformed"], ids=lambda case: case["name"])
def test_what_is_no_mask_is_refused(case: dict[str, Any]) -> None:
    with pytest.raises(Malformed):
        parse_mask(case["mask"])
