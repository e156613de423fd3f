"""What is wrong with a bag, and in which layer."""

import struct
from collections.abc import Iterator
from contextlib import contextmanager

from consentry.kernel.errors import ConsentryError, Untrusted

LAYERS = (
    "store", "zip", "bag", "seal", "signature", "manifest", "journal", "segment", "timestamp", "log", "custody",
    "derivative", "export",
)  # fmt: skip


class BagFault(Untrusted):
    """A bag is refused: `layer` (one of `LAYERS`) says where, the message why."""

    def __init__(self, layer: str, why: str) -> None:
        super().__init__(why, kind=f"bag-{layer}")
        self.layer = layer


def need(layer: str, holds: bool, why: str) -> None:
    """BagFault in `layer` unless `holds`."""
    if not holds:
        raise BagFault(layer, why)


@contextmanager
def within(layer: str) -> Iterator[None]:
    """Whatever does not parse or hold inside is a fault of `layer`, unless an inner one was named."""
    try:
        yield
    except BagFault:
        raise
    except (ConsentryError, ValueError, TypeError, LookupError, RecursionError, OverflowError, struct.error) as error:
        raise BagFault(layer, str(error) or type(error).__name__) from error
