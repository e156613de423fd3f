"""The motors of the demo's ONVIF camera: they stop by themselves after the time that a move names."""

import asyncio

from consentry.demo.onvif_wire import SPACES, Request, SoapFault, seconds_of


class Head:
    """`moving`: the speeds of pan, tilt and zoom now, None when it stands; `moves`: what it was told, in order."""

    def __init__(self) -> None:
        self.moving: tuple[float, float, float] | None = None
        self.moves: list[str] = []
        self._stop_at: asyncio.TimerHandle | None = None

    def move(self, call: Request) -> str:
        """Turn at these speeds."""
        call.text("tptz:ProfileToken")
        turn, zoom = call.body.find("tptz:Velocity/tt:PanTilt", SPACES), call.body.find("tptz:Velocity/tt:Zoom", SPACES)
        if turn is None or zoom is None:
            raise SoapFault("ter:InvalidArgVal", "no velocity")
        self.moving = float(turn.get("x", "")), float(turn.get("y", "")), float(zoom.get("x", ""))
        self.moves.append("move")
        if self._stop_at is not None:
            self._stop_at.cancel()
        after_s = seconds_of(call.text("tptz:Timeout")).total_seconds()
        self._stop_at = asyncio.get_running_loop().call_later(after_s, self._halt)
        return "<tptz:ContinuousMoveResponse/>"

    def stand(self, call: Request) -> str:
        """Stop."""
        call.text("tptz:ProfileToken")
        self.moves.append("stop")
        self._halt()
        return "<tptz:StopResponse/>"

    def _halt(self) -> None:
        self.moving = None

    def presets(self, call: Request) -> str:
        """The one place it knows."""
        call.text("tptz:ProfileToken")
        preset = '<tptz:Preset token="1"><tt:Name>Door</tt:Name></tptz:Preset>'
        return f"<tptz:GetPresetsResponse>{preset}</tptz:GetPresetsResponse>"

    def go_to(self, call: Request) -> str:
        """Turn there."""
        self.moves.append(f"preset {call.text('tptz:PresetToken')}")
        return "<tptz:GotoPresetResponse/>"
