"""A page of Chromium that runs modules of the console by themselves, for what is measured in a browser."""

import shutil
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from consentry.kernel.errors import Unavailable

if TYPE_CHECKING:
    from playwright.sync_api import Page, Route

_SITE = "http://localhost/"
_CONSOLE = Path(__file__).resolve().parents[4] / "console"
_BUILD = """import {{ build }} from "vite";
await build({{ configFile: false, logLevel: "error", publicDir: false, build: {{ outDir: "{out}", emptyOutDir: false,
  lib: {{ entry: "{out}/entry.ts", formats: ["es"], fileName: () => "built.js" }} }} }});
"""


def build(folder: Path, exports: Mapping[str, str]) -> bytes:
    """One file of names that the console's modules export, `{"verifyLook": "home/verify"}`; written into `folder`.

    Unavailable when it cannot be built.
    """
    node = Path(sys.executable).with_name("node")
    lines = (f'export {{ {name} }} from "{_CONSOLE}/src/{module}";\n' for name, module in exports.items())
    (folder / "entry.ts").write_text("".join(lines))
    words = [str(node), "--input-type=module", "-e", _BUILD.format(out=folder)]
    done = subprocess.run(words, cwd=_CONSOLE, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        raise Unavailable(f"the console's modules cannot be built: {done.stderr[-300:]}")
    return (folder / "built.js").read_bytes()


@contextmanager
def page_of(html: str, served: Mapping[str, bytes]) -> "Iterator[Page]":
    """A page of Chromium with `html`, once it has set `window.ready`; it is given `served` by name and nothing else."""
    from playwright.sync_api import sync_playwright

    chromium = shutil.which("chromium")
    if chromium is None:
        raise Unavailable("this needs Chromium (Debian: apt-get install chromium)")
    files = {"": html.encode(), **served}

    def give(route: "Route") -> None:
        name = route.request.url.removeprefix(_SITE)
        kind = "text/javascript" if name.endswith(".js") else "text/html"
        route.fulfill(body=files.get(name, b""), content_type=kind)

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=["--no-sandbox", "--disable-gpu"])
        page = browser.new_page()
        page.route("**/*", give)
        page.goto(_SITE)
        page.wait_for_function("window.ready === true")
        yield page
        browser.close()
