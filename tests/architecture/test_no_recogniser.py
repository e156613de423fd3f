"""Nothing that could know a face: no recogniser, no embedding model, in the environment, repository or data folder.

Consentry finds faces to hide them. One file may be there, pinned by its hash; it has no output that tells two apart.
"""

import hashlib
import re
import sys
from importlib.metadata import distributions
from pathlib import Path

import pytest
from tests.architecture.source import ROOT, SOURCE

from consentry.evidence.redact.finder_file import FINDER_NAME, FINDER_SHA256, finder_folder, load_finder

PACKAGES = {
    "adaface", "alchemyface", "arcface", "buffalo", "clip", "compreface", "deepface", "dlib", "dlib-bin", "elasticface",
    "face-recognition", "face-recognition-models", "facenet", "facenet-pytorch", "insightface", "keras-facenet",
    "keras-vggface", "magface", "mediapipe", "mtcnn", "open-clip-torch", "opencv-contrib-python",
    "opencv-contrib-python-headless", "opencv-python", "opencv-python-headless", "openface", "retina-face", "sface",
    "speechbrain", "tensorflow", "torch", "torchreid", "torchvision", "transformers", "uniface", "vggface",
}  # fmt: skip
# OpenCV among them: it carries the code of a recogniser (FaceRecognizerSF), and a model file is all that would lack.
WORDS = re.compile(
    r"sface|arcface|facenet|insightface|buffalo_[sml]|vggface|adaface|magface|w600k|glint360k|recogni[sz]er?[_-]"
    r"|face_recognition|openface|deepface|(?<![a-z])re[-_]?id(?![a-z])|osnet|gait|embedding",
    re.IGNORECASE,
)
MODELS = {
    ".onnx", ".ort", ".pt", ".pth", ".tflite", ".safetensors", ".caffemodel", ".pb", ".h5", ".keras", ".mlmodel",
    ".ckpt", ".param", ".rknn", ".engine", ".dat",
}  # fmt: skip
# What onnxruntime ships to try itself with: a product, a sigmoid, 30 numbers about flowers.
HARMLESS = {"logreg_iris.onnx", "mul_1.onnx", "sigmoid.onnx"}
MOST_HARMLESS_BYTES = 1_024
# Of the data that packages bring under `.dat`, none is a model of anything; those of dlib are.
DLIB = re.compile(r"shape_predictor|resnet|mmod|dlib", re.IGNORECASE)


def _models_under(folder: Path) -> list[Path]:
    found = (path for path in folder.rglob("*") if path.suffix.lower() in MODELS and path.is_file())
    return [path for path in found if not _is_no_model(path)]


def _is_no_model(path: Path) -> bool:
    """Data of other kinds under `.dat`; Python's own `.pth` files, which are a few lines of text."""
    if path.suffix == ".dat":
        return not DLIB.search(path.name)
    return path.suffix == ".pth" and path.parent.name == "site-packages" and path.stat().st_size < 10_000


def _is_allowed(path: Path) -> bool:
    if path.name == FINDER_NAME:
        return hashlib.sha256(path.read_bytes()).hexdigest() == FINDER_SHA256
    return path.name in HARMLESS and path.stat().st_size <= MOST_HARMLESS_BYTES


def _normal(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()


def test_no_package_that_recognises_is_installed_or_locked() -> None:
    installed = {_normal(one.metadata["Name"]) for one in distributions()}
    locked = set()
    for lock in (ROOT / "requirements").glob("*.lock"):
        locked |= {_normal(name) for name in re.findall(r"^([A-Za-z0-9._-]+)==", lock.read_text(), re.MULTILINE)}
    assert len(locked) > 50
    assert (installed | locked) & PACKAGES == set()


def test_the_console_has_none_either() -> None:
    names = re.findall(r'"node_modules/([^"]+)"', (ROOT / "console" / "package-lock.json").read_text())
    assert len(names) > 50
    assert [name for name in names if re.search(r"\bface|vladmandic|tensorflow|onnx|mediapipe", name)] == []


@pytest.mark.parametrize("folder", [Path(sys.prefix), ROOT / "data"], ids=["environment", "data"])
def test_no_model_lies_there_but_the_pinned_finder(folder: Path) -> None:
    assert [str(path) for path in _models_under(folder) if not _is_allowed(path)] == []


def test_the_finder_is_where_setting_up_puts_it() -> None:
    assert _is_allowed(finder_folder() / FINDER_NAME)
    assert len(load_finder()) > 200_000


def test_the_check_sees_a_recogniser(tmp_path: Path) -> None:
    """It can fail: a model under any name, the finder's name with other bytes, dlib's files."""
    for name in (
        "face_recognition_sface_2021dec.onnx",
        FINDER_NAME,
        "mul_1.onnx",
        "dlib_face_recognition_resnet_model_v1.dat",
    ):
        (tmp_path / name).write_bytes(bytes(2_000))
    assert len([path for path in _models_under(tmp_path) if not _is_allowed(path)]) == 4


def test_our_code_asks_the_finder_for_boxes_alone_and_names_no_recogniser() -> None:
    redact = SOURCE / "evidence" / "redact"
    assert "kps_" not in "".join(path.read_text() for path in redact.rglob("*.py"))
    lines = [
        f"{path.relative_to(SOURCE)}: {line.strip()}"
        for path in SOURCE.rglob("*.py")
        for line in path.read_text().splitlines()
        if WORDS.search(line) and re.search(r"import|\.onnx|Session|download|http", line)
    ]
    assert lines == []


def test_only_the_finder_runs_a_network() -> None:
    """`onnxruntime` is imported in one file, so that no other model finds its way in unseen."""
    users = [path for path in SOURCE.rglob("*.py") if "import onnxruntime" in path.read_text()]
    assert [str(path.relative_to(SOURCE)) for path in users] == ["evidence/redact/yunet.py"]
