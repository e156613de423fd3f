"""A resident's own edge as a process of its own, paired by the code that the resident's page shows."""

import os
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from tests.journeys.stage import CONSENTRY

STOP_S, COMMAND_S = 20, 60


@dataclass(frozen=True)
class OwnEdge:
    """The box at home; `folder` is its own."""

    folder: Path

    def pair(self, server: str, code: str) -> str:
        """Type the code at the box; what it said."""
        return self._say("pair", "--server", server, code)

    def add_camera(self, camera: str, url: str) -> None:
        """Tell the box where the camera is."""
        self._say("camera", "add", camera, "--rtsp", url)

    @contextmanager
    def running(self, **settings: str) -> Iterator[None]:
        """Switched on meanwhile, with `settings` in its environment."""
        with (self.folder.parent / "edge.log").open("ab") as log:
            process = subprocess.Popen(
                [CONSENTRY, "edge", "run"], env=self._environment() | settings, stdin=subprocess.DEVNULL, stdout=log,
                stderr=log,
            )  # fmt: skip
        try:
            yield
        finally:
            process.terminate()
            process.wait(STOP_S)

    def _say(self, *words: str) -> str:
        done = subprocess.run(
            [CONSENTRY, "edge", *words], env=self._environment(), timeout=COMMAND_S, capture_output=True, text=True,
            check=False,
        )  # fmt: skip
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout

    def _environment(self) -> dict[str, str]:
        return {**os.environ, "CONSENTRY_EDGE_DATA": str(self.folder), "CONSENTRY_EDGE_PAGE": "off"}
