"""One of the demo's homes: its box is given another camera."""

import os
import subprocess
from pathlib import Path

from tests.journeys.stage import CONSENTRY, Stage

from consentry.edge.store import Store
from consentry.kernel.ids import CameraId

# Said by the owner's page: all of their cameras give pictures.
WORKING = """async () => (await (await fetch("/api/home")).json()).cameras.every(camera => camera.state === "online")"""


def home_of(stage: Stage, camera: str) -> Path:
    """The folder of the demo's home that reads `camera`."""
    for folder in sorted((stage.data / "homes").iterdir()):
        if (folder / "edge.sqlite").exists():
            store = Store(folder)
            try:
                if store.camera(CameraId(camera)) is not None:
                    return folder
            finally:
                store.close()
    raise AssertionError("no home reads this camera")


def rehang(home: Path, camera: str, *words: str, typed: str = "") -> None:
    """Give the home's box another address for its camera, by the command on the box."""
    done = subprocess.run(
        [CONSENTRY, "edge", "camera", "add", camera, *words], env={**os.environ, "CONSENTRY_EDGE_DATA": str(home)},
        input=typed, capture_output=True, text=True, check=False, timeout=60,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout + done.stderr
