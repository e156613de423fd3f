"""The owner's pages of recordings and clips: in a real browser, in three languages, and attacked."""

import ast
import io
import os
import re
import shutil
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from pathlib import Path

import aiohttp
import av
import pytest
import pytest_asyncio
from playwright.async_api import Page, async_playwright
from tests.architecture.source import ROOT, SOURCE
from tests.edge.running_home import RunningHome
from tests.edge.test_ring_running import box_of, eventually

from consentry.edge.clip_cut import cut_span
from consentry.edge.motion import sensitivity_of
from consentry.edge.page_door import CODE_MS, MAX_TRIES, SESSION_MS, Door
from consentry.edge.page_words import SAID, Words, words_for
from consentry.edge.store import Store
from consentry.kernel.clip import check_clip_bytes, open_clip
from consentry.kernel.errors import Refused
from consentry.kernel.ids import new_id
from consentry.media.motion import Sensitivity
from consentry.project.cli import main

CHROMIUM = shutil.which("chromium")
QUIET = ("--no-sandbox", "--disable-gpu", "--no-first-run", "--disable-background-networking", "--disable-sync")
AXE = ROOT / "console" / "node_modules" / "axe-core" / "axe.min.js"


class Browser:
    """A browser without a screen: cookies, forms, redirects."""

    def __init__(self, home: RunningHome, http: aiohttp.ClientSession) -> None:
        assert home.process is not None
        self.home, self.http, self.url = home, http, home.process.page.address.rstrip("/")
        self.door = Door(home.process.store)

    async def get(self, path: str, **headers: str) -> tuple[int, str]:
        async with self.http.get(self.url + path, headers=headers) as reply:
            return reply.status, await reply.text()

    async def press(
        self, page: str, path: str, headers: dict[str, str] | None = None, **fields: str
    ) -> tuple[str, str]:
        """Press the button for `path` on `page`; where it led, and what stands there."""
        _, text = await self.get(page)
        token = text.split('name="token" value="')[1].split('"')[0]
        data = {"token": token, **fields}
        async with self.http.post(self.url + path, data=data, headers=headers or {}) as reply:
            return str(reply.url.relative()), await reply.text()

    async def enter(self) -> None:
        assert self.home.process is not None
        await self.press("/enter", "/enter", code=self.door.new_code(now_ms()).lower())

    def span(self) -> dict[str, str]:
        """The last seconds that are recorded, as fields of the form."""
        return self._fields(self._first_s())

    async def full_span(self) -> dict[str, str]:
        """The same, once two seconds lie there whole: a busy machine gets a camera's pictures late and in heaps."""
        whole: list[int] = []

        def is_there() -> bool:
            first_s = self._first_s()
            whole.extend([first_s] if self._lasts_s(first_s) > 1.5 else [])
            return bool(whole)

        await eventually(is_there)
        return self._fields(whole[0])

    def _first_s(self) -> int:
        ((_, end_us),) = box_of(self.home).ring.spans(self.home.world.camera, 0, 1 << 60)
        return end_us // 1_000_000 - 3

    def _lasts_s(self, first_s: int) -> float:
        """By the camera's own clock, as a player counts."""
        file, span = io.BytesIO(), (first_s * 1_000_000, (first_s + 2) * 1_000_000)
        cut_span(box_of(self.home).ring, self.home.world.camera, span, file)
        file.seek(0)
        with av.open(file) as opened:
            return (opened.duration or 0) / 1_000_000

    @staticmethod
    def _fields(first_s: int) -> dict[str, str]:
        return {
            "hour": str(first_s // 3_600 * 3_600), "from": f"{local(first_s):%H:%M:%S}",
            "to": f"{local(first_s + 2):%H:%M:%S}",
        }  # fmt: skip


def now_ms() -> int:
    return int(datetime.now(UTC).timestamp() * 1_000)


def local(at_s: int) -> datetime:
    return datetime.fromtimestamp(at_s, tz=UTC).astimezone()


@pytest_asyncio.fixture
async def browser(running: RunningHome) -> AsyncIterator[Browser]:
    jar = aiohttp.CookieJar(unsafe=True)
    async with aiohttp.ClientSession(cookie_jar=jar) as http:
        made = Browser(running, http)
        ring, camera = box_of(running).ring, running.world.camera
        await eventually(lambda: sum(end - start for start, end in ring.spans(camera, 0, 1 << 60)) > 4_000_000)
        yield made


async def test_the_owner_switches_motion_on_and_off_for_a_camera(browser: Browser) -> None:
    await browser.enter()
    camera, store = browser.home.world.camera, Store(browser.home.folder)
    assert sensitivity_of(store, camera) is None
    path = f"/recordings/{camera}/motion"
    where, shown = await browser.press("/recordings", path, motion="high")
    assert where == "/recordings"
    assert '<option value="high" selected>' in shown
    assert sensitivity_of(store, camera) is Sensitivity.HIGH
    assert "no such camera" in (await browser.press("/recordings", f"/recordings/{new_id('camera')}/motion"))[1]
    assert "one of the list" in (await browser.press("/recordings", path, motion="loud"))[1]
    await browser.press("/recordings", path, motion="")
    assert sensitivity_of(store, camera) is None
    browser.http.cookie_jar.clear()
    async with browser.http.post(browser.url + path, data={"motion": "high"}) as reply:
        assert reply.url.path == "/enter"
    assert sensitivity_of(store, camera) is None


async def test_the_owner_sees_a_time_keeps_it_and_takes_it_along(browser: Browser) -> None:
    await browser.enter()
    camera = browser.home.world.camera
    _, overview = await browser.get("/recordings")
    assert f"/recordings/{camera}?hour=" in overview
    where, preview = await browser.press("/recordings/" + camera + "?hour=" + browser.span()["hour"],
                                         f"/recordings/{camera}/show", **browser.span())  # fmt: skip
    assert re.fullmatch(r"/clips/clp_[a-z2-7]{26}", where)
    assert "<video" in preview
    assert box_of(browser.home).clips.kept() == [], "nothing is kept before the owner says so"
    assert (await browser.get(where + "/signed.json"))[0] == 404
    assert (await browser.press(where, where + "/keep"))[0] == where
    async with browser.http.get(browser.url + where + "/signed.json") as reply:
        signed = await reply.read()
    async with browser.http.get(browser.url + where + "/video.mp4", headers={"Range": "bytes=0-"}) as reply:
        assert (reply.status, reply.content_type) == (206, "video/mp4")
        video = await reply.read()
    manifest = open_clip(signed, browser.home.gateway.edge_key)
    check_clip_bytes(manifest, [video])
    assert manifest.witnessed_ms > 0
    assert where in (await browser.get("/clips"))[1]
    assert (await browser.press(where, where + "/delete"))[0] == "/clips"
    assert (await browser.get(where))[0] == 400
    await browser.press(
        f"/recordings/{camera}?hour={browser.span()['hour']}", f"/recordings/{camera}/delete", **browser.span()
    )
    spans = box_of(browser.home).ring.spans(camera, 0, 1 << 60)
    assert not spans or spans[0][0] > manifest.cut[1] - 1_000_000
    _, said = await browser.press("/recordings", f"/recordings/{camera}/off")
    assert "not recorded" in said
    await eventually(lambda: not list(browser.home.settings.where_ring().glob("*/*")))
    await browser.press("/recordings", f"/recordings/{camera}/on")
    await eventually(lambda: list(browser.home.settings.where_ring().glob("*/*")))


async def test_without_a_code_nobody_sees_or_changes_anything(browser: Browser) -> None:
    camera = browser.home.world.camera
    clip = "clp_" + "a" * 26
    for path in ("/recordings", f"/recordings/{camera}?hour=0", "/clips", f"/clips/{clip}", f"/clips/{clip}/video.mp4",
                 f"/clips/{clip}/signed.json"):  # fmt: skip
        async with browser.http.get(browser.url + path) as reply:
            assert str(reply.url.relative()) == "/enter", path
    for path in (
        f"/recordings/{camera}/show",
        f"/recordings/{camera}/delete",
        f"/recordings/{camera}/off",
        f"/clips/{clip}/keep",
        f"/clips/{clip}/delete",
    ):
        where, _ = await browser.press("/enter", path, **browser.span())
        assert where == "/enter", path
    await browser.enter()
    assert (await browser.get("/clips"))[0] == 200
    await browser.press("/clips", "/leave")
    async with browser.http.get(browser.url + "/clips") as reply:
        assert str(reply.url.relative()) == "/enter"


FOREIGN = (
    {"Sec-Fetch-Site": "cross-site"}, {"Sec-Fetch-Site": "same-site"}, {"Origin": "http://evil.example"},
    {"Origin": "null"}, {"Origin": "http://127.0.0.1:1"}, {"Host": "evil.example"},
)  # fmt: skip


async def test_pages_of_others_press_no_button_and_embed_nothing(browser: Browser) -> None:
    await browser.enter()
    path = f"/recordings/{browser.home.world.camera}/delete"
    assert browser.home.process is not None
    for headers in FOREIGN:
        for button in (path, "/stop"):
            _, said = await browser.press("/clips", button, headers, **browser.span())
            assert "itself alone" in said or "in numbers" in said, headers
        assert (await browser.get("/clips", **headers))[0] == 403, headers
    assert browser.home.process.store.fact("stopped") is None
    async with browser.http.post(browser.url + path, data={**browser.span(), "token": "guess"}) as reply:
        assert reply.status == 403
    status, _ = await browser.get("/", **{"Sec-Fetch-Site": "cross-site", "Sec-Fetch-Mode": "navigate"})
    assert status == 200, "a link from elsewhere may be followed"


async def test_what_makes_no_sense_is_said(browser: Browser) -> None:
    await browser.enter()
    show = f"/recordings/{browser.home.world.camera}/show"
    hour = int(browser.span()["hour"])
    for fields, says in (
        ({"from": "25:00:00"}, "14:03:05"), ({"hour": "7"}, "no such hour"), ({"hour": "9" * 12}, "no such hour"),
        ({"hour": "-3600"}, "no such hour"), ({"hour": "²600"}, "no such hour"), ({"to": ""}, "14:03:05"),
        ({"to": browser.span()["from"], "from": browser.span()["from"]}, "end is after"),
        ({"hour": str(hour + 7_200)}, "not in this hour"), ({"hour": str(hour - 86_400)}, "was recorded"),
    ):  # fmt: skip
        _, said = await browser.press("/clips", show, **{**browser.span(), **fields})
        assert says in said, fields
    _, said = await browser.press("/clips", "/recordings/cam_%3Cscript%3E/show", **browser.span())
    assert "no such camera" in said
    assert "<script" not in said


@pytest.mark.skipif(CHROMIUM is None, reason="needs Chromium (./test installs it)")
async def test_in_a_real_browser_by_keyboard_the_preview_plays_and_axe_finds_nothing(browser: Browser) -> None:
    async with async_playwright() as driver:
        chromium = await driver.chromium.launch(executable_path=CHROMIUM, args=QUIET)
        context = await chromium.new_context(viewport={"width": 390, "height": 844}, locale="fr-FR")
        page = await context.new_page()
        await page.goto(browser.url + "/recordings")
        await page.fill("input[name=code]", browser.door.new_code(now_ms()))
        await page.keyboard.press("Enter")
        await page.wait_for_url("**/recordings")
        await picture(page, "overview")
        for _ in range(4):  # three links of the page, then the newest hour
            await page.keyboard.press("Tab")
        await page.keyboard.press("Enter")
        await page.wait_for_url("**hour=*")
        span = await browser.full_span()
        await page.evaluate(
            "span => { for (const name of ['from', 'to'])"
            " document.querySelectorAll(`input[name=${name}]`).forEach(field => field.value = span[name]) }", span
        )  # fmt: skip
        await picture(page, "hour")
        await page.get_by_role("button", name="Voir").press("Enter")
        await page.wait_for_url("**/clips/*")
        played = await page.evaluate(
            "async () => { const video = document.querySelector('video'); video.muted = true; await video.play();"
            " await new Promise(done => video.ontimeupdate = () => video.currentTime > 0.5 && done());"
            " return [video.videoHeight, video.duration, video.seekable.end(0)] }"
        )
        assert played[0] == 216
        assert 1.5 < played[1] < 4
        assert played[2] == played[1], "it can be sought in, to its end"
        await picture(page, "preview")
        await page.get_by_role("button", name="Garder comme extrait").press("Enter")
        await page.get_by_role("link", name="Enregistrer sa signature").wait_for()
        await picture(page, "clip")
        foreign = await context.new_page()
        await foreign.set_content(f'<video src="{page.url}/video.mp4" onerror="document.title = \'refused\'"></video>')
        await foreign.wait_for_function("document.title === 'refused'")
        await chromium.close()


async def picture(page: Page, name: str) -> None:
    """axe finds nothing here; with CONSENTRY_PICTURES set, keep how it looks."""
    assert await page.evaluate("document.documentElement.scrollWidth <= innerWidth"), "nothing sticks out on a phone"
    if AXE.exists():
        await page.evaluate(AXE.read_text())
        found = await page.evaluate("axe.run().then(said => said.violations.map(one => one.id))")
        assert found == [], name
    if folder := os.environ.get("CONSENTRY_PICTURES"):
        await page.screenshot(path=f"{folder}/{name}.png", full_page=True)


def test_a_code_is_good_once_for_ten_minutes_and_five_tries(tmp_path: Path) -> None:
    door = Door(Store(tmp_path))
    code = door.new_code(0)
    secret = door.enter(code.lower().replace("-", " "), 5)
    assert door.knows(secret, 6)
    assert not door.knows(secret, 5 + SESSION_MS)
    assert not door.knows("", 6)
    with pytest.raises(Refused):
        door.enter(code, 6)
    late = door.new_code(0)
    with pytest.raises(Refused):
        door.enter(late, CODE_MS)
    tried = door.new_code(0)
    for _ in range(MAX_TRIES):
        with pytest.raises(Refused):
            door.enter("AAAA-AAAA-AAAA", 1)
    with pytest.raises(Refused):
        door.enter(tried, 1)
    assert door.knows(secret, 6), "guessing throws nobody out"
    held = (tmp_path / "edge.sqlite").read_bytes()
    assert secret.encode() not in held
    assert code.replace("-", "").encode() not in held
    door.leave(secret)
    assert not door.knows(secret, 6)


def test_the_command_shows_a_code_and_forgets_browsers(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["edge", "code", "--data", str(tmp_path)]) == 0
    code = capsys.readouterr().out.split()[0]
    door = Door(Store(tmp_path))
    secret = door.enter(code, now_ms())
    assert main(["edge", "code", "--forget", "--data", str(tmp_path)]) == 0
    assert not door.knows(secret, now_ms())


def test_every_text_of_the_pages_is_there_in_three_languages() -> None:
    said = set()
    for path in (SOURCE / "edge").glob("*page*.py"):
        tree = ast.parse(path.read_text())
        calls = [node for node in ast.walk(tree) if isinstance(node, ast.Call) and isinstance(node.func, ast.Name)]
        said |= {call.args[0].value for call in calls
                 if call.func.id == "words" and call.args and isinstance(call.args[0], ast.Constant)}  # fmt: skip
    assert len(said) > 30
    assert said <= SAID.keys()
    assert list(SAID) == sorted(SAID)
    for english, others in SAID.items():
        assert all(set(re.findall(r"{\w+}", other)) == set(re.findall(r"{\w+}", english)) for other in others)
        assert all('"' not in text and "<" not in text for text in (english, *others)), "they stand in HTML as they are"


@pytest.mark.parametrize(("header", "language"), [
    ("fr-FR,fr;q=0.9,en;q=0.8", "fr"), ("de,es;q=0.5", "es"), ("", "en"), ("en;q=0.1,es;q=x,fr;q=0.2", "fr"),
    (",;q=,,", "en"), ("x" * 10_000, "en"),
])  # fmt: skip
def test_the_language_is_the_one_that_the_browser_likes_best(header: str, language: str) -> None:
    from aiohttp.test_utils import make_mocked_request

    assert words_for(make_mocked_request("GET", "/", headers={"Accept-Language": header})) == Words(language)
