"""Turning a camera (PTZ service): move, stop, presets. Who may do so is decided elsewhere, before this is called."""

from dataclasses import dataclass

from consentry.kernel.errors import NotFound
from consentry.kernel.limits import PTZ_DEAD_MAN_MS
from consentry.media.onvif.camera import OnvifCamera
from consentry.media.onvif.soap import PTZ, SCHEMA, Call, element

MAX_PRESETS = 32
MAX_PRESET_CHARS = 64


@dataclass(frozen=True)
class Preset:
    """A place that the camera remembers."""

    token: str
    name: str


class Turner:
    """Turns the camera of one profile. Every move is bounded at the camera too: it stops by itself after a second."""

    def __init__(self, camera: OnvifCamera, profile_token: str) -> None:
        self._camera, self._token = camera, element("ProfileToken", profile_token)

    async def move(self, pan: float, tilt: float, zoom: float) -> None:
        """Go on with these speeds, each from -1 to 1 (right, up and in are positive), for at most a second."""
        velocity = (
            f'<Velocity><t:PanTilt x="{_speed(pan)}" y="{_speed(tilt)}"/><t:Zoom x="{_speed(zoom)}"/></Velocity>'
            f"<Timeout>PT{PTZ_DEAD_MAN_MS / 1000:g}S</Timeout>"
        )
        await self._call("ContinuousMove", velocity)

    async def stop(self) -> None:
        """Stand still."""
        await self._call("Stop", "<PanTilt>true</PanTilt><Zoom>true</Zoom>")

    async def presets(self) -> tuple[Preset, ...]:
        """At most 32 places."""
        body = f'<GetPresets xmlns="{PTZ}">{self._token}</GetPresets>'
        answer = await self._camera.soap.call(Call(self._url(), body))
        return tuple(
            Preset(token, item.text_at("Name")[:MAX_PRESET_CHARS])
            for item in answer.children[:MAX_PRESETS] if item.name == "Preset"
            and 0 < len(token := item.attributes.get("token", "")) <= MAX_PRESET_CHARS
        )  # fmt: skip

    async def go_to(self, preset: str) -> None:
        """Turn to a place of `presets`."""
        await self._call("GotoPreset", element("PresetToken", preset))

    async def _call(self, verb: str, inside: str) -> None:
        body = f'<{verb} xmlns="{PTZ}" xmlns:t="{SCHEMA}">{self._token}{inside}</{verb}>'
        await self._camera.soap.call(Call(self._url(), body))

    def _url(self) -> str:
        url = self._camera.service(PTZ)
        if url is None:
            raise NotFound("this camera cannot be turned", kind="no-ptz")
        return url


def _speed(value: float) -> str:
    return f"{max(-1.0, min(1.0, value)):.2f}"
