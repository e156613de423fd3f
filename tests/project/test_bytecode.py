"""What `./run` prepares on a new machine."""

import subprocess
import sys

WITHOUT = "import sys; sys.modules['boto3'] = None; from consentry.project.bytecode import write_bytecode as write; "


def tried(words: str) -> "subprocess.CompletedProcess[str]":
    return subprocess.run([sys.executable, "-c", WITHOUT + words], capture_output=True, text=True, check=False)


def test_bytecode_is_written_where_the_packages_of_a_store_in_s3_are_not_installed():
    done = tried("print(write() > 1_000, 'consentry.evidence.stores.folder' in sys.modules)")
    assert done.returncode == 0, done.stderr
    assert done.stdout.split() == ["True", "True"]


def test_a_module_of_ours_that_is_not_there_is_an_error():
    done = tried("sys.modules['consentry.kernel.errors'] = None; write()")
    assert done.returncode != 0
    assert "consentry.kernel.errors" in done.stderr
