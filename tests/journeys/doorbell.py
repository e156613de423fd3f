"""An ONVIF camera on this machine."""

import asyncio
import ssl
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.edge.broker import make_certificate

from consentry.demo.onvif_beacon import OnvifBeacon
from consentry.demo.onvif_camera import OnvifCameraServer
from consentry.media.rtsp_auth import Credentials

WHO = Credentials("owner", "right-secret")


@contextmanager
def doorbell(stream: str, certificate: Path | None = None) -> Iterator[OnvifCameraServer]:
    """An ONVIF camera here that answers to probes on loopback; with a folder for its `certificate` it speaks TLS."""
    tls = None
    if certificate is not None:
        make_certificate(certificate)
        tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        tls.load_cert_chain(certificate / "cert.pem", certificate / "key.pem")
    camera, ready, over = OnvifCameraServer(WHO, stream, tls=tls), threading.Event(), threading.Event()

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
