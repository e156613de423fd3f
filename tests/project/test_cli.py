"""The command line itself, before any command."""

from consentry.project.cli import keep_keys

DASHED = "-" + "a" * 42


def test_a_key_that_begins_with_a_dash_stays_with_its_option() -> None:
    assert keep_keys(["verify", "log", "x", "--recovery-key", DASHED]) == [
        "verify",
        "log",
        "x",
        f"--recovery-key={DASHED}",
    ]
    for words in (["verify", "--recovery-key", "a" * 43], ["x", DASHED], ["--help", "-x"], [f"--a={DASHED}", DASHED]):
        assert keep_keys(words) == words
