"""Motion, per camera, on the owner's page at home: off, or how little counts. What it tells goes to the owner alone."""

from aiohttp import web

from consentry.edge.page_words import Words
from consentry.edge.recordings_page import Owner, read_camera
from consentry.kernel.errors import Malformed
from consentry.kernel.ids import CameraId
from consentry.media.motion import Sensitivity

_CHOICES = {
    "": "Off", Sensitivity.LOW: "A car before the house", Sensitivity.MEDIUM: "A person before the house",
    Sensitivity.HIGH: "A person far off",
}  # fmt: skip


class MotionPage:
    """The handler of `/recordings/{camera}/motion`."""

    def __init__(self, owner: Owner) -> None:
        self._owner = owner

    def routes(self) -> list[web.RouteDef]:
        """To be added to the application."""
        return [web.post("/recordings/{camera}/motion", self._set)]

    async def _set(self, request: web.Request) -> web.Response:
        recorded, camera = self._owner.require(request), read_camera(request)
        chosen = (await self._owner.buttons.require(request)).get("motion", "")
        if camera not in recorded.cameras():
            raise Malformed("There is no such camera.")
        if chosen not in _CHOICES:
            raise Malformed("Choose one of the list.")
        recorded.set_motion(camera, Sensitivity(chosen) if chosen else None)
        raise web.HTTPSeeOther("/recordings")


def motion_switch(owner: Owner, words: Words, camera: CameraId, now: Sensitivity | None) -> str:
    """The form of `camera` (HTML): what counts as motion now, and what else could."""
    options = "".join(
        f'<option value="{value}"{" selected" if value == (now or "") else ""}>{words(text)}</option>'
        for value, text in _CHOICES.items()
    )
    field = f'<label>{words("Tell me of motion")} <select name="motion">{options}</select></label> '
    says = words("Only you are told. What moves behind your mask does not count.")
    return owner.buttons.form(f"/recordings/{camera}/motion", words("Save"), field) + f"<p><small>{says}</small></p>"
