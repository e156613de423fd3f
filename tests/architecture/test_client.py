"""The console's types are those of the API as it is."""

import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from tests.architecture.source import ROOT

from consentry.project.openapi import document

CONSOLE = ROOT / "console"
MAKER = CONSOLE / "node_modules" / ".bin" / "openapi-typescript"


@pytest.mark.skipif(not MAKER.exists(), reason="the console's packages are not installed (./test does)")
def test_the_consoles_types_are_made_from_the_api_as_it_is(tmp_path: Path) -> None:
    said, made = tmp_path / "openapi.json", tmp_path / "schema.d.ts"
    said.write_text(document())
    node = Path(sys.executable).with_name("node")
    program = str(node) if node.exists() else shutil.which("node") or "node"
    subprocess.run([program, MAKER, said, "-o", made], cwd=CONSOLE, check=True, capture_output=True)
    kept = (CONSOLE / "src" / "api" / "schema.d.ts").read_text()
    assert made.read_text() == kept, "run `npm run gen` in console/ and commit src/api/schema.d.ts"


def test_no_two_bodies_of_the_api_bear_one_name() -> None:
    assert '"LookSessionOut"' in document(), "document() refuses a name that two bodies bear"
