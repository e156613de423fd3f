"""`consentry moderators`: who decides about reported posts; the operator's to give, never an agency's."""

import argparse
import sys

from consentry.accounts.queries import find_person
from consentry.accounts.services import create_person, seat_person, take_seat
from consentry.kernel.errors import NotFound
from consentry.kernel.roles import Role


def add_commands(subparsers: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Add `moderators`."""
    parser = subparsers.add_parser("moderators", help="let somebody moderate what neighbours post, or no longer")
    parser.add_argument("act", choices=["add", "remove"])
    parser.add_argument("email", help="they sign in by a code sent there, and enrol a second factor")
    parser.add_argument("--name", default="")
    parser.add_argument("--data")
    parser.set_defaults(run=run_moderators)


def run_moderators(arguments: argparse.Namespace) -> int:
    """Give or take the seat; 0 when it is done. NotFound when there is nobody to take it from."""
    person = find_person(arguments.email)
    if arguments.act == "remove":
        if person is None:
            raise NotFound("nobody has this address")
        take_seat(person, Role.MODERATOR)
        sys.stdout.write("moderates no longer\n")
        return 0
    seat_person(person or create_person(arguments.email, name=arguments.name), Role.MODERATOR)
    sys.stdout.write("may moderate from now on, with a second factor\n")
    return 0
