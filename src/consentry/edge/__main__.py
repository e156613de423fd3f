"""`python -m consentry.edge …`: the edge without the rest of the platform, as `packaging/edge` installs it."""

import argparse
import sys

from consentry.edge.commands import add_below
from consentry.kernel.errors import ConsentryError


def main(words: list[str] | None = None) -> int:
    """Run one command; 0 well, 1 refused or failed."""
    parser = argparse.ArgumentParser(prog="consentry-edge", description="The box in the owner's home.")
    add_below(parser)
    arguments = parser.parse_args(words)
    try:
        status: int = arguments.run(arguments)
    except ConsentryError as error:
        sys.stderr.write(f"consentry-edge: {error}\n")
        return 1
    return status


if __name__ == "__main__":
    sys.exit(main())
