"""Long answers on their way out, a piece at a time."""

from collections.abc import AsyncIterator, Iterator

from asgiref.sync import sync_to_async


async def piecewise(pieces: Iterator[bytes]) -> AsyncIterator[bytes]:
    """`pieces` one by one, each opened in a thread: Django would read a plain iterator whole before it sends."""
    take = sync_to_async(lambda: next(pieces, b""))
    while piece := await take():
        yield piece
