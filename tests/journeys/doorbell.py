"""An ONVIF camera on this machine."""

import asyncio
import threading
from collections.abc import Iterator
from contextlib import contextmanager

from consentry.demo.onvif_beacon import OnvifBeacon
from consentry.demo.onvif_camera import OnvifCameraServer
from consentry.media.rtsp_auth import Credentials

WHO = Credentials("owner", "right-secret")


@contextmanager
def doorbell(stream: str) -> Iterator[OnvifCameraServer]:
    """An ONVIF camera on this machine that answers to probes on loopback."""
    camera, ready, over = OnvifCameraServer(WHO, stream), threading.Event(), threading.Event()

    async def serve() -> None:
        await camera.start()
        beacon = OnvifBeacon(camera.address)
        await beacon.start()
        ready.set()
        await asyncio.to_thread(over.wait)
        beacon.stop()
        await camera.stop()

    thread = threading.Thread(target=asyncio.run, args=(serve(),))
    thread.start()
    assert ready.wait(10)
    try:
        yield camera
    finally:
        over.set()
        thread.join(10)
