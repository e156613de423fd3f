"""Reads a live HLS stream: playlist after playlist, segment after segment, into the helper, let out in time."""

import asyncio
from collections.abc import AsyncIterator
from urllib.parse import urljoin

from consentry.kernel.errors import Malformed
from consentry.kernel.limits import HLS_SILENCE_S, MAX_PLAYLIST_BYTES, MAX_SEGMENT_BYTES
from consentry.media.demux import DemuxWork, Write, through_child
from consentry.media.hls_playlist import Playlist, Segment, best_variant, parse_playlist
from consentry.media.http_door import HttpDoor
from consentry.media.outlet import Outlet
from consentry.media.units import SourceFault

# Begin this many segments before the end of the list: near the live edge, with one in hand.
_BEHIND_SEGMENTS = 2


async def pull_hls(door: HttpDoor, url: str, outlet: Outlet) -> None:
    """Play the stream of the playlist at `url` until it ends or fails, always with a SourceFault."""
    try:
        url, playlist = await _media_playlist(door, url)
    except Malformed as error:
        raise SourceFault("protocol", str(error)) from error
    if not playlist.segments:
        raise SourceFault("silent", "the playlist has no segments yet")
    container = "mp4" if playlist.segments[-1].init else "mpegts"
    work = DemuxWork(container, HLS_SILENCE_S, HLS_SILENCE_S, paced=True)

    async def feed(write: Write) -> None:
        try:
            await _feed(door, url, playlist, write)
        except Malformed as error:
            raise SourceFault("protocol", str(error)) from error

    await through_child(work, feed, outlet)


async def _media_playlist(door: HttpDoor, url: str) -> tuple[str, Playlist]:
    """The media playlist at `url`, or of the best variant when it is a master playlist."""
    body, found = await door.read(url, MAX_PLAYLIST_BYTES)
    playlist = parse_playlist(body)
    if not playlist.variants:
        return found, playlist
    body, found = await door.read(urljoin(found, best_variant(playlist.variants).uri), MAX_PLAYLIST_BYTES)
    playlist = parse_playlist(body)
    if playlist.variants:
        raise Malformed("a list of lists of lists")
    return found, playlist


async def _feed(door: HttpDoor, url: str, playlist: Playlist, write: Write) -> None:
    init = ""
    async for segment in _follow(door, url, playlist):
        if segment.init != init:
            if init:
                raise SourceFault("protocol", "the stream changed its format")  # a new connection begins with the new
            init = segment.init
            await _carry(door, urljoin(url, init), write)
        await _carry(door, urljoin(url, segment.uri), write)


async def _follow(door: HttpDoor, url: str, playlist: Playlist) -> AsyncIterator[Segment]:
    """Each segment once, from near the live edge on; ends when the list says that it ends."""
    first = 0 if playlist.ended else -_BEHIND_SEGMENTS
    due = playlist.segments[first:][0].number
    while True:
        fresh = [segment for segment in playlist.segments if segment.number >= due]
        for segment in fresh:
            due = segment.number + 1
            yield segment
        if playlist.ended:
            return
        await asyncio.sleep(playlist.target_s / (2 if not fresh else 1.5))
        playlist = parse_playlist((await door.read(url, MAX_PLAYLIST_BYTES))[0])
        if playlist.segments and playlist.segments[-1].number + 1 < due:
            raise SourceFault("protocol", "the playlist began anew")
        if playlist.segments and playlist.segments[0].number > due:
            raise SourceFault("silent", "we fell behind the list")  # a new connection begins near the live edge


async def _carry(door: HttpDoor, url: str, write: Write) -> None:
    carried = 0
    async with door.get(url) as reply:
        async for chunk in reply.content.iter_any():
            carried += len(chunk)
            if carried > MAX_SEGMENT_BYTES:
                raise SourceFault("protocol", "a segment is longer than it may be")
            await write(chunk)
