"""What must never be in the repository."""

import re
import subprocess
from pathlib import Path

from tests.architecture.source import ROOT

MAX_FILE_BYTES = 1_000_000
MAX_README_LINES = 80
# Written in pieces so that this file does not contain what it looks for.
HOSTS = ("pypi" + ".org", "python" + "hosted.org", "registry.npm" + "js", "deb.debian" + ".org")
MACHINE = re.compile(r"(^|[^a-zA-Z./~-])/(work|farm)/[A-Za-z.]")
MODEL_SUFFIXES = {".onnx", ".pt", ".pth", ".tflite", ".safetensors", ".caffemodel", ".pb", ".h5"}
BINARY_SUFFIXES = {".whl", ".so", ".dll", ".exe", ".jar", ".zip", ".gz"}


def _tracked() -> list[Path]:
    said = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, check=True).stdout
    return [ROOT / name for name in said.decode().split("\0") if name and (ROOT / name).is_file()]


def test_no_weights_bundles_or_large_files() -> None:
    found = [
        str(path.relative_to(ROOT))
        for path in _tracked()
        if path.suffix in MODEL_SUFFIXES | BINARY_SUFFIXES or path.stat().st_size > MAX_FILE_BYTES
    ]
    assert found == []


def test_no_registry_host_and_no_path_of_a_machine() -> None:
    found = []
    for path in _tracked():
        text = path.read_bytes().decode("utf-8", errors="ignore")
        if any(host in text for host in HOSTS) or MACHINE.search(text):
            found.append(str(path.relative_to(ROOT)))
    assert found == []


def test_readme_is_short() -> None:
    assert len((ROOT / "README.md").read_text().splitlines()) <= MAX_README_LINES


def test_links_between_documents_lead_somewhere() -> None:
    broken = []
    for page in [path for path in _tracked() if path.suffix == ".md"]:
        targets = re.findall(r"\]\(([^)#\s]+)\)", page.read_text())
        missing = [name for name in targets if "://" not in name and not (page.parent / name).exists()]
        broken += [f"{page.relative_to(ROOT)} -> {name}" for name in missing]
    assert broken == []


def test_every_room_is_in_the_overview() -> None:
    overview = (ROOT / "docs" / "design" / "overview.md").read_text()
    rooms = (path.name for path in (ROOT / "src" / "consentry").iterdir() if (path / "__init__.py").exists())
    assert [room for room in rooms if not re.search(rf"\b{room}\b", overview)] == []
