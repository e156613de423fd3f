"""Whether a child serves yet."""

import socket
import time
import urllib.error
import urllib.request
from collections.abc import Callable
from pathlib import Path

import psycopg

ANSWER_WITHIN_S = 2.0
ANYWHERE = {"0.0.0.0": "127.0.0.1", "::": "::1"}  # noqa: S104 compared, not bound


def answers_socket(port: int, host: str = "127.0.0.1") -> Callable[[], bool]:
    """Does something accept connections on this port of this machine?"""

    def probe() -> bool:
        try:
            socket.create_connection((ANYWHERE.get(host, host), port), timeout=ANSWER_WITHIN_S).close()
        except OSError:
            return False
        return True

    return probe


def answers_http(url: str) -> Callable[[], bool]:
    """Does `url` answer below 500?"""

    def probe() -> bool:
        try:
            with urllib.request.urlopen(url, timeout=ANSWER_WITHIN_S):  # noqa: S310 our own loopback address
                return True
        except urllib.error.HTTPError as error:
            return error.code < 500
        except (OSError, ValueError):
            return False

    return probe


def exists(path: Path) -> Callable[[], bool]:
    """Is the file there?"""
    return path.exists


def answers_unix(path: Path) -> Callable[[], bool]:
    """Does something accept connections on this socket? (A dead server leaves the file.)"""

    def probe() -> bool:
        with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as caller:
            caller.settimeout(ANSWER_WITHIN_S)
            return caller.connect_ex(str(path)) == 0

    return probe


def ledger_lives(database_url: str) -> Callable[[], bool]:
    """Has the sequencer said since this probe was made that it can write, and nothing is at fault?"""
    since = time.time()

    def probe() -> bool:
        ask = "select alive_at >= to_timestamp(%s) and fault = '' from ledger_state"
        try:
            with psycopg.connect(database_url, autocommit=True, connect_timeout=2) as database:
                row = database.execute(ask, [since]).fetchone()
        except psycopg.Error:
            return False
        return row is not None and row[0] is True

    return probe
