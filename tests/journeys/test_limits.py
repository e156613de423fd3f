"""What the console must not show or do: pins, refusals without a reason, other people's ids."""

from playwright.sync_api import Response, expect
from tests.journeys.conftest import PHONE, Open
from tests.journeys.people import Analyst, Owner, come_in, fetch
from tests.journeys.stage import Stage


def test_before_a_grant_the_desk_gets_city_cameras_and_bands_only(stage: Stage, open_page: Open) -> None:
    page = open_page()
    replies: list[Response] = []

    def keep(reply: Response) -> None:  # a built-in method would not do: Playwright sets an attribute on it
        replies.append(reply)

    page.on("response", keep)
    with page.expect_response("**/api/cells") as cells:
        come_in(page, "Analyst")
    expect(page.get_by_text("City camera 1")).to_be_visible()
    expect(page.get_by_text("Fewer than 5")).to_be_visible()
    bands = cells.value.json()
    assert {cell["properties"]["band"] for cell in bands["features"]} <= {"", None, "under_5", "5_to_9", "10_or_more"}
    private = [name for key, name in stage.cameras.items() if not key.startswith("public-")]
    read = [reply for reply in replies if "/api/" in reply.url and "events" not in reply.url and reply.status == 200]
    said = "".join(reply.text() for reply in read)
    assert private
    assert not [name for name in private if name in said]


def test_a_call_type_that_is_never_eligible_is_refused_in_plain_words(stage: Stage, analyst: Analyst) -> None:
    call = stage.report("WELFARE", "WELFARE CHECK")
    analyst.ask(call.number)
    refusal = analyst.page.locator(".refusal")
    expect(refusal).to_contain_text("Refused")
    expect(refusal).to_contain_text("welfare checks")
    expect(refusal).to_contain_text("What you may do instead")
    expect(refusal.locator(".rules.good li").first).to_be_visible()
    expect(analyst.tiles).to_have_count(0)


def test_ids_of_others_are_not_found_from_the_browser(stage: Stage, analyst: Analyst, open_page: Open) -> None:
    call = stage.report()
    expect(analyst.call(call.number)).to_be_visible()
    _, calls = fetch(analyst.page, "/api/incidents?open=true")
    incident = next(item["id"] for item in calls if item["number"] == call.number)
    analyst.ask(call.number)
    analyst.see(analyst.tiles.first)
    owner = Owner.enter(open_page(PHONE)).page
    foreign = stage.cameras["private-3"]
    _, mine = fetch(owner, "/api/home")
    look = next(look["id"] for camera in mine["cameras"] for look in camera["looks_now"])
    absent = "cam_" + "a" * 26
    for camera in (foreign, absent):
        for path in (f"/api/cameras/{camera}", f"/api/home/cameras/{camera}/looks", f"/api/cameras/{camera}/consents"):
            assert fetch(owner, path)[0] == 404, path
        for verb in ("stop", "pause"):
            assert fetch(owner, f"/api/home/cameras/{camera}/{verb}", "POST")[0] == 404, verb
    assert fetch(owner, f"/api/live/sessions/{look}")[0] in (403, 404)
    assert fetch(owner, f"/api/incidents/{incident}")[0] in (403, 404)
    supervisor = come_in(open_page(), "Supervisor")
    assert fetch(supervisor, f"/api/live/sessions/{look}/opening", "POST")[0] == 404
