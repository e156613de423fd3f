"""Whether a child serves yet."""

import socket
import urllib.error
import urllib.request
from collections.abc import Callable
from pathlib import Path

ANSWER_WITHIN_S = 1.0


def answers_socket(port: int) -> Callable[[], bool]:
    """Does something accept connections on this loopback port?"""

    def probe() -> bool:
        try:
            socket.create_connection(("127.0.0.1", port), timeout=ANSWER_WITHIN_S).close()
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
