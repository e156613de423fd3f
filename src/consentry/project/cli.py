"""The `consentry` command: one table from words to the functions that do the work."""

import argparse
import os
import re
import sys
from collections.abc import Callable
from importlib import import_module
from pathlib import Path

from consentry.kernel.errors import ConsentryError
from consentry.project.django_ready import prepare_django

# Each module offers `add_commands(subparsers)`; every command it adds sets `run(arguments) -> int`.
# The second item says whether Django (settings, database) must be ready before the module is imported.
COMMANDS: dict[str, tuple[str, bool]] = {
    "bench": ("consentry.project.bench", False),
    "calls": ("consentry.incidents.commands", True),
    "camera": ("consentry.cameras.commands", True),
    "city": ("consentry.project.city.commands", True),
    "demo-cameras": ("consentry.demo.commands", False),
    "demo-dispatch": ("consentry.demo.commands", True),
    "demo-homes": ("consentry.project.demo_seed", False),
    "demo-seed": ("consentry.project.demo_seed", True),
    "edge": ("consentry.edge.commands", False),
    "fsck": ("consentry.project.fsck", False),
    "gateway": ("consentry.gateway.commands", False),
    "keys": ("consentry.project.keys.commands", False),
    "migrate": ("consentry.project.commands", True),
    "moderators": ("consentry.neighbors.commands", True),
    "openapi": ("consentry.project.openapi", True),
    "sequencer": ("consentry.ledger.commands", False),
    "signer": ("consentry.signer.commands", False),
    "up": ("consentry.project.up.commands", False),
    "vault": ("consentry.project.vault", False),
    "verify": ("consentry.project.verify", False),
    "web": ("consentry.project.commands", False),
    "witness": ("consentry.witness.commands", False),
    "worker": ("consentry.project.commands", True),
}

# A raw public key of 32 bytes in base64url that happens to begin with a dash.
_DASHED_KEY = re.compile(r"-[A-Za-z0-9_-]{42}")


def main(words: list[str] | None = None) -> int:
    """Run one command. Returns its exit status: 0 well, 1 refused or failed, 2 called wrongly."""
    words = sys.argv[1:] if words is None else words
    parser = argparse.ArgumentParser(
        prog="consentry", description=(import_module("consentry").__doc__ or "").split("\n")[0]
    )
    if not words or words[0] not in COMMANDS:
        parser.add_argument("command", choices=sorted(COMMANDS), help="`consentry COMMAND --help` says more")
        parser.parse_args(words)
        return 2
    module, needs_django = COMMANDS[words[0]]
    if needs_django:
        prepare_django(_said_folder(words))
    import_module(module).add_commands(parser.add_subparsers(dest="command", required=True))
    arguments = parser.parse_args(keep_keys(words))
    return _run(arguments.run, arguments)


def keep_keys(words: list[str]) -> list[str]:
    """`words` with every key tied to its option: one key in 64 begins with a dash and would be taken for an option."""
    kept: list[str] = []
    for word in words:
        if kept and kept[-1].startswith("--") and "=" not in kept[-1] and _DASHED_KEY.fullmatch(word):
            kept[-1] += f"={word}"
        else:
            kept.append(word)
    return kept


def _run(command: Callable[[argparse.Namespace], int], arguments: argparse.Namespace) -> int:
    try:
        status = command(arguments)
        sys.stdout.flush()
        return status
    except ConsentryError as error:
        sys.stderr.write(f"consentry: {error}\n")
        return 1
    except BrokenPipeError:
        # `consentry … | head`: nobody reads on. SIGPIPE stays ignored, as it would kill servers whose peer hangs up.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 141
    except KeyboardInterrupt:
        return 130


def _said_folder(words: list[str]) -> Path | None:
    for place, word in enumerate(words):
        if word == "--data" and place + 1 < len(words):
            return Path(words[place + 1])
        if word.startswith("--data="):
            return Path(word.partition("=")[2])
    return None


if __name__ == "__main__":
    sys.exit(main())
