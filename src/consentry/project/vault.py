"""`consentry vault …`: what an operator does with the vault; each part of the room adds its word."""

import argparse

from consentry.evidence.commands import add_store
from consentry.evidence.redact.commands import add_detector


def add_commands(subparsers: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Add `vault` with its words."""
    vault = subparsers.add_parser("vault", help="the store of sealed items, the face finder of redaction")
    words = vault.add_subparsers(dest="what", required=True)
    add_detector(words)
    add_store(words)
