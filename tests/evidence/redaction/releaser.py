"""A worker that releases one redaction and is killed at the instant that its word names. Run as a module, apart."""

import os
import signal
import sys
from collections.abc import Callable
from typing import Any

# Where it dies: module, name, before or after the call, at which call.
INSTANTS = {
    "rendering": ("redaction.work.Turn", "say", "after", 1),
    "rendered": ("redaction.release", "check_rendered", "before", 1),
    "checked": ("redaction.work", "seal", "before", 1),
    "begun": ("redaction.release", "begin_item", "after", 1),
    "film sealed": ("vault.vault.Vault", "take_segment", "after", 1),
    "plan sealed": ("vault.vault.Vault", "take_segment", "after", 2),
    "custody": ("redaction.release", "_tell_custody", "after", 1),
    "before commit": ("redaction.work", "tell_changed", "after", 1),
}


def die_at(word: str) -> None:
    """Have this process killed (SIGKILL) at the instant `word`."""
    place, name, when, number = INSTANTS[word]
    module, _, owner = place.rpartition(".")
    target: Any = __import__(f"consentry.evidence.{module if owner[0].isupper() else place}", fromlist=["x"])
    target = getattr(target, owner) if owner[0].isupper() else target
    real: Callable[..., Any] = getattr(target, name)
    calls = 0

    def dying(*args: Any, **kwargs: Any) -> Any:
        nonlocal calls
        calls += 1
        if when == "before" and calls == number:
            os.kill(os.getpid(), signal.SIGKILL)
        made = real(*args, **kwargs)
        if when == "after" and calls == number:
            os.kill(os.getpid(), signal.SIGKILL)
        return made

    setattr(target, name, dying)


def main() -> None:
    """Take one turn, as the worker does."""
    from pathlib import Path

    from consentry.project.cli import prepare_django

    prepare_django(Path(os.environ["CONSENTRY_DATA"]))
    from consentry.evidence.redaction.work import release_due
    from consentry.kernel.clock import utc_now

    die_at(sys.argv[1])
    release_due(utc_now())


if __name__ == "__main__":
    main()
