"""Installing an edge: by one command, as a service, a container, an add-on; what was installed runs by itself."""

import ast
import json
import os
import re
import shutil
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import pytest
import yaml
from tests.architecture.source import ROOT, SOURCE, imports

PACKAGING = ROOT / "packaging"
UNIT = PACKAGING / "edge" / "consentry-edge.service"
ADDON = PACKAGING / "homeassistant" / "consentry_edge"
SCRIPTS = (
    PACKAGING / "edge" / "install.sh", PACKAGING / "edge" / "consentry-edge", PACKAGING / "homeassistant" / "make.sh",
    ADDON / "run.sh", ROOT / "tools" / "netem-vm.sh",
)  # fmt: skip
LOCK = (ROOT / "requirements" / "edge.lock").read_text()


def clean_environment(**more: str) -> dict[str, str]:
    """What a fresh machine has, and `uv` with its cache, so that the packages are linked and not fetched."""
    kept = ("HOME", "LANG", "UV_CACHE_DIR", "UV_INDEX_URL", "UV_DEFAULT_INDEX", "PIP_INDEX_URL", "SSL_CERT_FILE")
    found = {name: os.environ[name] for name in kept if name in os.environ}
    tools = Path(sys.executable).parent / "uv"
    path = [str(tools.parent)] if tools.exists() else []
    return {**found, "PATH": ":".join([*path, "/usr/local/bin", "/usr/bin", "/bin", "/usr/sbin", "/sbin"]), **more}


def install(root: Path, *words: str) -> str:
    command = [str(PACKAGING / "edge" / "install.sh"), "--root", str(root), *words]
    environment = clean_environment(PYTHONDONTWRITEBYTECODE="1")  # compiling is most of the time
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False, timeout=300)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


@pytest.fixture(scope="module")
def installed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = tmp_path_factory.mktemp("machine")
    said = install(root)
    assert "nothing was started" in said
    return root


@pytest.fixture
def running(installed: Path, tmp_path: Path) -> Iterator[int]:
    """The port of the page of the installed edge, which runs with nothing but its own packages."""
    port = 18_490 + os.getpid() % 1_000
    environment = {
        "CONSENTRY_EDGE_DATA": str(tmp_path / "data"),
        "CONSENTRY_EDGE_PAGE": f"127.0.0.1:{port}",
        "PATH": "",
    }
    child = subprocess.Popen(
        [installed / "opt/consentry-edge/bin/python", "-m", "consentry.edge", "run"], env=environment, cwd="/",
        stderr=subprocess.PIPE,
    )  # fmt: skip
    try:
        deadline_s = time.monotonic() + 30
        while run(installed, "health", **environment).returncode != 0:
            assert time.monotonic() < deadline_s
            assert child.poll() is None, child.stderr and child.stderr.read()
        yield port
        child.terminate()
        assert child.wait(20) == 0, "TERM ends it in order"
    finally:
        child.kill()
        child.wait()


def run(root: Path, *words: str, **environment: str) -> subprocess.CompletedProcess[str]:
    command = [str(root / "opt/consentry-edge/bin/python"), "-m", "consentry.edge", *words]
    return subprocess.run(command, env=environment, capture_output=True, text=True, check=False, cwd="/", timeout=60)


@pytest.mark.slow
def test_the_installed_edge_runs_with_its_own_packages_alone(installed: Path, running: int) -> None:
    with urllib.request.urlopen(f"http://127.0.0.1:{running}/status") as answer:
        assert json.load(answer) == {"paired": False, "stopped": False, "looks": 0, "cameras": {}}
    python = installed / "opt/consentry-edge/bin/python"
    for server_only in (
        "django",
        "psycopg",
        "aiortc",
        "h3",
        "consentry.access",
        "consentry.gateway",
        "consentry.project",
    ):
        done = subprocess.run([python, "-c", f"import {server_only}"], capture_output=True, cwd="/", check=False)
        assert done.returncode == 1, server_only
    child = subprocess.run(
        [python, "-I", "-m", "consentry.edge.picture_child"], input=b"", capture_output=True, check=False
    )
    assert b"ModuleNotFoundError" not in child.stderr, "the decoder's child finds itself and av"
    ours = [path for path in (installed / "opt/consentry-edge").rglob("tests") if "site-packages" not in path.parts]
    assert not ours


@pytest.mark.slow
def test_all_that_an_edge_imports_is_in_its_lock() -> None:
    known = {
        re.sub(r"[-_.]+", "_", name).lower() for name in re.findall(r"^([A-Za-z0-9][\w.-]*)==", LOCK, re.MULTILINE)
    }
    known |= {"paho"} if "paho_mqtt" in known else set()  # one that is imported by another name
    rooms = {path: ast.parse(path.read_text()) for room in ("kernel", "edge") for path in (SOURCE / room).glob("*.py")}
    foreign = {(str(path), name.split(".")[0]) for path, tree in rooms.items() for name in imports(tree)
               if not path.name.startswith("bench")}  # fmt: skip
    missing = {(path, name) for path, name in foreign if name not in sys.stdlib_module_names and name not in known}
    assert {(path, name) for path, name in missing if name != "consentry"} == set()
    assert "django" not in known
    runtime = set(re.findall(r"^([\w.-]+==\S+)", (ROOT / "requirements" / "runtime.lock").read_text(), re.MULTILINE))
    assert set(re.findall(r"^([\w.-]+==\S+)", LOCK, re.MULTILINE)) <= runtime, "the versions that are tested"


@pytest.mark.parametrize("words", [("--purge",), ("--what",), ("--root",)])
@pytest.mark.slow
def test_the_installer_says_what_it_does_not_understand(words: tuple[str, ...]) -> None:
    done = subprocess.run([PACKAGING / "edge" / "install.sh", *words], capture_output=True, text=True, check=False)
    assert done.returncode == 1
    assert done.stderr.startswith("install.sh: ")


@pytest.mark.skipif(not shutil.which("systemd-analyze"), reason="needs systemd-analyze (Debian: systemd)")
@pytest.mark.slow
def test_systemd_understands_the_unit_and_finds_little_exposed(installed: Path) -> None:
    unit = installed / "etc/systemd/system/consentry-edge.service"
    verify = ["systemd-analyze", "verify", "--man=no", f"--root={installed}", unit.name]
    done = subprocess.run(verify, capture_output=True, text=True, check=False)
    ours = [line for line in (done.stdout + done.stderr).splitlines() if "consentry-edge.service" in line]
    assert [line for line in ours if "not found" not in line and "not executable" not in line] == []
    security = ["systemd-analyze", "security", "--offline=true", "--no-pager", str(UNIT)]
    said = subprocess.run(security, capture_output=True, text=True, check=False).stdout
    exposed = re.search(r"Overall exposure level for \S+: ([0-9.]+)", said)
    assert exposed is not None, said
    assert float(exposed[1]) < 2.0, said


@pytest.mark.skipif(not shutil.which("shellcheck"), reason="needs shellcheck (Debian: shellcheck)")
@pytest.mark.slow
def test_shellcheck_finds_nothing_in_the_scripts() -> None:
    done = subprocess.run(
        ["shellcheck", "--shell=sh", "--exclude=SC1091", *SCRIPTS], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout


@pytest.mark.slow
def test_scripts_are_posix_sh_and_may_be_run() -> None:
    for script in SCRIPTS:
        assert script.read_text().startswith("#!/bin/sh\n")
        assert os.access(script, os.X_OK)
        subprocess.run(["sh", "-n", script], check=True)


@pytest.mark.slow
def test_the_container_is_rootless_read_only_and_holds_only_what_runs_at_home() -> None:
    """A test cannot count on an engine that builds it: its words are checked, and each file that it copies is there."""
    lines = re.sub(r"\\\n\s*", "", (PACKAGING / "edge" / "Containerfile").read_text()).splitlines()
    words = [line.split(maxsplit=1) for line in lines if line and not line.startswith("#")]
    known = {
        "ARG",
        "FROM",
        "COPY",
        "RUN",
        "ENV",
        "USER",
        "WORKDIR",
        "VOLUME",
        "EXPOSE",
        "HEALTHCHECK",
        "ENTRYPOINT",
        "CMD",
    }
    assert {word for word, _ in words} <= known
    copied = [rest.split()[0] for word, rest in words if word == "COPY" and not rest.startswith("--from")]
    assert all((ROOT / name).exists() for name in copied)
    assert {Path(name).name for name in copied if name.startswith("src/")} == {"__init__.py", "kernel", "media", "edge"}
    users = [rest for word, rest in words if word == "USER"]
    assert users
    assert all(re.fullmatch(r"[1-9][0-9]*:[1-9][0-9]*", user) for user in users)
    after_user = [word for word, _ in words][[word for word, _ in words].index("USER") :]
    assert "RUN" not in after_user
    runs = " ".join(rest for word, rest in words if word == "RUN")
    assert "--require-hashes" in runs
    # Said behind `install`, pip passes over it without a word and fills another Python.
    calls = [words for words in (part.split() for part in runs.split("&&")) if words[0] == "pip"]
    assert calls
    assert all(call[1:3] == ["--python", "/opt/consentry-edge/bin/python"] for call in calls)
    assert all(json.loads(rest) for word, rest in words if word in ("ENTRYPOINT", "CMD"))
    assert "--read-only" in (PACKAGING / "edge" / "Containerfile").read_text()


# What Home Assistant's developer documentation names for an add-on's config.yaml, as far as used or near.
REQUIRED = {"name", "version", "slug", "description", "arch"}
FIELDS = REQUIRED | {
    "startup", "boot", "stage", "panel_icon", "webui", "watchdog", "ports", "ports_description", "options", "schema",
    "backup_exclude", "map", "init", "url", "image", "homeassistant", "host_network", "ingress", "apparmor",
}  # fmt: skip


@pytest.mark.slow
def test_the_add_on_is_what_home_assistant_reads() -> None:
    said = yaml.safe_load((ADDON / "config.yaml").read_text())
    assert REQUIRED <= said.keys() <= FIELDS
    assert re.fullmatch(r"[a-z0-9_]+", said["slug"])
    assert said["slug"] == ADDON.name
    assert set(said["arch"]) <= {"aarch64", "amd64", "armhf", "armv7", "i386"}
    assert said["startup"] in {"initialize", "system", "services", "application", "once"}
    assert said["options"].keys() == said["schema"].keys()
    assert all(
        re.fullmatch(r"(str|int|float|bool|url|password)(\([\d,]*\))?\??", kind) for kind in said["schema"].values()
    )
    assert said["ports"].keys() == said["ports_description"].keys()
    assert not {"full_access", "privileged", "host_network", "docker_api", "hassio_api"} & said.keys(), (
        "no right but its own"
    )
    for language in ("en", "fr", "es"):
        words = yaml.safe_load((ADDON / "translations" / f"{language}.yaml").read_text())
        assert words["configuration"].keys() == said["options"].keys(), language
        assert words["network"].keys() == said["ports"].keys()
        assert all(item.keys() == {"name", "description"} for item in words["configuration"].values())
    version = re.search(r'^version = "(.+)"', (ROOT / "pyproject.toml").read_text(), re.MULTILINE)
    assert version is not None
    assert said["version"] == version[1]
    assert f'io.hass.version="{version[1]}"' in (ADDON / "Dockerfile").read_text()


@pytest.mark.slow
def test_the_add_ons_folder_is_complete_and_its_script_applies_the_options(tmp_path: Path) -> None:
    subprocess.run([PACKAGING / "homeassistant" / "make.sh", tmp_path], check=True, capture_output=True)
    made = tmp_path / "consentry_edge"
    copied = re.findall(r"^COPY (\S+)", (made / "Dockerfile").read_text(), re.MULTILINE)
    assert all((made / name).exists() for name in copied)
    assert {path.name for path in (made / "consentry").iterdir()} == {"__init__.py", "kernel", "media", "edge"}
    options = tmp_path / "options.json"
    options.write_text(
        json.dumps({"server": "http://127.0.0.1:1", "code": "AAAA", "ring_hours": 0, "ring_gigabytes": 1.5})
    )
    environment = {
        **clean_environment(PYTHONPATH=str(SOURCE.parent), CONSENTRY_EDGE_DATA=str(tmp_path / "data")),
        "CONSENTRY_EDGE_PAGE": "127.0.0.1:0",
    }  # fmt: skip
    child = subprocess.Popen(
        ["sh", made / "run.sh", options], env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )
    try:
        assert child.stderr is not None
        assert any("page is at" in line for line in child.stderr), "it runs, though it was not paired"
    finally:
        child.terminate()
        said, _ = child.communicate(timeout=20)
    assert "0 hours, at most 1.5 GB" in said
    assert "Not paired" in said
    assert re.search(r"[A-Z2-7]{4}-[A-Z2-7]{4}-[A-Z2-7]{4}", said)


@pytest.mark.slow
def test_installing_again_keeps_settings_and_uninstalling_keeps_what_is_the_owners(installed: Path) -> None:
    settings, state = installed / "etc/consentry-edge.env", installed / "var/lib/consentry-edge"
    settings.write_text("CONSENTRY_EDGE_PAGE=off\n")
    state.mkdir(parents=True)
    (state / "identity.key").write_text("kept")
    assert "keeping" in install(installed)
    assert settings.read_text() == "CONSENTRY_EDGE_PAGE=off\n"
    assert run(installed, "status", CONSENTRY_EDGE_DATA=str(state / "other")).stdout.startswith("not paired")
    assert "kept" in install(installed, "--uninstall")
    left = sorted(str(path.relative_to(installed)) for path in installed.rglob("*") if path.is_file())
    assert left == [
        "etc/consentry-edge.env",
        "var/lib/consentry-edge/identity.key",
        "var/lib/consentry-edge/other/edge.sqlite",
    ]
    install(installed, "--uninstall", "--purge")
    assert not [path for path in installed.rglob("*") if path.is_file()]


MACHINE = """
set -eu
mount -t tmpfs none "$1"
mkdir "$1/up" "$1/work" "$1/root"
mount -t overlay overlay -o "lowerdir=/,upperdir=$1/up,workdir=$1/work" "$1/root"
for folder in proc dev; do mount --rbind "/$folder" "$1/root/$folder"; done
mkdir -p "$1/root$2"
mount --rbind "$2" "$1/root$2"
echo ready
chroot "$1/root" sh -euc '
  cd /
  sh "$1/packaging/edge/install.sh"
  sed -i s/8490/18499/ /etc/consentry-edge.env
  consentry-edge ring --hours 5
  consentry-edge run 2>/dev/null & running=$!
  for _ in $(seq 60); do sleep 0.5; consentry-edge health 2>/dev/null && break; done
  stat -c "%U %a" /var/lib/consentry-edge /var/lib/consentry-edge/edge.sqlite
  kill $running
  wait $running || :
  sh "$1/packaging/edge/install.sh" --uninstall --purge
  ! id consentry-edge 2>/dev/null
' sh "$2"
"""


@pytest.mark.skipif(os.geteuid() != 0, reason="needs root, to install for real into a throw-away copy of this machine")
@pytest.mark.slow
def test_installed_for_real_its_commands_run_as_its_own_user_and_leave_nothing_behind(tmp_path: Path) -> None:
    """On an overlay of this machine in a mount namespace of its own: users, folders and rights are real."""
    command = ["unshare", "-m", "sh", "-c", MACHINE, "sh", str(tmp_path), str(ROOT)]
    environment = clean_environment(PYTHONDONTWRITEBYTECODE="1")
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False, timeout=120)
    if "ready" not in done.stdout:
        pytest.skip(f"needs the right to mount an overlay ({done.stderr.strip()[-100:]})")
    if "needs Python 3.11" in done.stderr or "cannot run" in done.stderr:
        pytest.skip("needs a Python 3.11 with venv that other users may run (Debian: python3-venv)")
    assert done.returncode == 0, done.stdout + done.stderr
    assert "Recording: 5 hours" in done.stdout
    assert "not paired, 0 of 0 cameras online" in done.stdout
    assert "consentry-edge 700\nconsentry-edge 600" in done.stdout
    assert "removed keys, terms and recordings" in done.stdout
