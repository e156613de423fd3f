"""The owner's page of clips: play what was cut, keep it (the edge signs it), take it along, delete it; and the door."""

import asyncio
import html

from aiohttp import web

from consentry.edge.clips import Clip
from consentry.edge.page_door import SESSION_MS
from consentry.edge.page_frame import SAFE_HEADERS, page
from consentry.edge.page_words import Words, words_for
from consentry.edge.recordings_page import COOKIE, Owner, moment, nav
from consentry.kernel.ids import ClipId


class ClipsPage:
    """Handlers below `/clips`, `/enter` and `/leave`."""

    def __init__(self, owner: Owner) -> None:
        self._owner = owner

    def routes(self) -> list[web.RouteDef]:
        """To be added to the application."""
        return [
            web.get("/clips", self._all), web.get("/clips/{clip}", self._one),
            web.get("/clips/{clip}/video.mp4", self._video), web.get("/clips/{clip}/signed.json", self._signed),
            web.post("/clips/{clip}/keep", self._keep), web.post("/clips/{clip}/delete", self._delete),
            web.get("/enter", self._door), web.post("/enter", self._enter), web.post("/leave", self._leave),
        ]  # fmt: skip

    async def _all(self, request: web.Request) -> web.Response:
        recorded, words = self._owner.require(request), words_for(request)
        kept = await asyncio.to_thread(recorded.clips.kept)
        rows = "".join(f"<li>{_line(clip)}</li>" for clip in kept)
        listed = (
            f"<ul>{rows}</ul>" if kept else f"<p>{words('You made no clip yet. Choose a time under Recordings.')}</p>"
        )
        leave = self._owner.buttons.form("/leave", words("Leave on this browser"))
        return page(words, f"{nav(words)}<h2>{words('Clips')}</h2>{listed}{leave}")

    async def _one(self, request: web.Request) -> web.Response:
        words, clip = words_for(request), await self._find(request)
        where, form = f"/clips/{clip.manifest.clip}", self._owner.buttons.form
        video = f'<video controls playsinline preload="metadata" src="{where}/video.mp4"></video>'
        if clip.signed:
            name = clip.manifest.clip
            acts = (
                f'<p><a href="{where}/video.mp4" download="{name}.mp4">{words("Save the clip")}</a> · '
                f'<a href="{where}/signed.json" download="{name}.json">{words("Save its signature")}</a></p>'
            ) + form(f"{where}/delete", words("Delete this clip"))
        else:
            says = words("Nobody has this yet. Keep it as a clip, and this box signs it; it is sent to nobody.")
            acts = f"<p>{says}</p>" + form(f"{where}/keep", words("Keep as a clip"))
            acts += form(f"{where}/delete", words("Throw away"))
        return page(words, f"{nav(words)}<h2>{words('Clip') if clip.signed else words('Preview')}</h2>{video}{acts}"
                           f"{_facts(words, clip)}")  # fmt: skip

    async def _video(self, request: web.Request) -> web.StreamResponse:
        clip = await self._find(request)
        return web.FileResponse(clip.path, headers={**SAFE_HEADERS, "Content-Type": "video/mp4"})

    async def _signed(self, request: web.Request) -> web.Response:
        clip = await self._find(request)
        if not clip.signed:
            raise web.HTTPNotFound
        return web.Response(body=clip.signed, content_type="application/json", headers=SAFE_HEADERS)

    async def _keep(self, request: web.Request) -> web.Response:
        recorded = self._owner.require(request)
        await self._owner.buttons.require(request)
        clip = ClipId(request.match_info["clip"])
        await asyncio.to_thread(recorded.clips.keep, clip, self._owner.clock())
        raise web.HTTPSeeOther(f"/clips/{clip}")

    async def _delete(self, request: web.Request) -> web.Response:
        recorded = self._owner.require(request)
        await self._owner.buttons.require(request)
        await asyncio.to_thread(recorded.clips.delete, ClipId(request.match_info["clip"]))
        raise web.HTTPSeeOther("/clips")

    async def _find(self, request: web.Request) -> Clip:
        recorded = self._owner.require(request)
        return await asyncio.to_thread(recorded.clips.get, ClipId(request.match_info["clip"]))

    async def _door(self, request: web.Request) -> web.Response:
        words = words_for(request)
        says = words(
            "Recordings are yours alone. Type 'consentry edge code' on the box; it shows a code for ten minutes."
        )
        field = (
            f'<label>{words("Code")} <input name="code" required autocomplete="off" '
            'autocapitalize="characters" placeholder="AAAA-AAAA-AAAA"></label>'
        )
        return page(words, f"{nav(words)}<p>{says}</p>" + self._owner.buttons.form("/enter", words("Enter"), field))

    async def _enter(self, request: web.Request) -> web.Response:
        fields = await self._owner.buttons.require(request)
        secret = self._owner.door.enter(fields.get("code", ""), self._owner.clock().now_ms)
        done = web.HTTPSeeOther("/recordings")
        done.set_cookie(COOKIE, secret, max_age=SESSION_MS // 1_000, httponly=True, samesite="Strict", path="/")
        raise done

    async def _leave(self, request: web.Request) -> web.Response:
        await self._owner.buttons.require(request)
        self._owner.door.leave(request.cookies.get(COOKIE, ""))
        done = web.HTTPSeeOther("/")
        done.del_cookie(COOKIE, path="/")
        raise done


def _line(clip: Clip) -> str:
    said = clip.manifest
    return (
        f'<a href="/clips/{said.clip}">{moment(said.cut[0])}, {_length(said.cut)}</a><br><small>{said.camera}</small>'
    )


def _facts(words: Words, clip: Clip) -> str:
    said = clip.manifest
    gaps = "<br>".join(f"{moment(first)} – {moment(last)}" for first, last in said.gaps) or words("none")
    rows = (
        (words("Camera"), said.camera), (words("From"), moment(said.cut[0])), (words("To"), moment(said.cut[1])),
        (words("Length"), _length(said.cut)), (words("Holes"), gaps),
        (words("Picture"), f"{said.width_px} × {said.height_px}, {html.escape(said.codec)}"),
        (words("Size"), f"{said.size_bytes / 1e6:.2f} MB"), ("SHA-256", said.sha256),
    )  # fmt: skip
    return "<dl>" + "".join(f"<dt>{name}</dt><dd>{value}</dd>" for name, value in rows) + "</dl>"


def _length(span: tuple[int, int]) -> str:
    seconds = round((span[1] - span[0]) / 1_000_000)
    return f"{seconds // 60}:{seconds % 60:02d}"
