"""A court's order, every process real: the manager writes it down, two others review it, a supervisor executes it. The
owner, on a phone and in French, reads what is asked, contests it, says that nothing is there, and hands a span of the
own box's recordings over all the same; and the order opens whose answer it names, which nothing else does.
"""

import os
import re
import subprocess
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect
from tests.journeys.axe import violations
from tests.journeys.conftest import DESKTOP, PHONE, Open, new_page
from tests.journeys.people import Analyst, come_in, fetch, wait_until
from tests.journeys.stage import Stage, _environment
from tests.journeys.test_requests import answer_in_french, compose, film
from tests.orders.stage import PDF

# In a process of its own, as its Django belongs to the platform: a second supervisor of the demo's agency, signed in.
SECOND = """
import sys
from pathlib import Path
from consentry.project.cli import prepare_django
prepare_django(Path(sys.argv[1]))
from django.contrib.auth import login
from django.contrib.sessions.backends.db import SessionStore
from django.http import HttpRequest
from consentry.accounts.models import Person
from consentry.accounts.queries import ACTIVE_AT, DEMO_AT, demo_person, seats_of
from consentry.accounts.services import BACKEND, create_person, seat_person
from consentry.kernel.clock import to_ms, utc_now
from consentry.kernel.roles import Role
(seat,) = seats_of(Person.objects.get(id=demo_person(Role.SUPERVISOR)))
person = create_person(f"{sys.argv[2]}@example.invalid", name="Ben Alder", is_demo=True)
seat_person(person, Role.SUPERVISOR, seat.agency)
request = HttpRequest()
request.session = SessionStore()
login(request, Person.objects.get(id=person), backend=BACKEND)
request.session[DEMO_AT] = request.session[ACTIVE_AT] = to_ms(utc_now())
request.session.save()
print(request.session.session_key)
"""
WAIT_MS = 120_000
CONTESTED = "La porte n’est pas dans le champ de cette caméra."
WORDS = "Everything that passed the gate while the door was broken."


def picture(page: Page, name: str) -> None:
    """A screenshot for whoever wants to look."""
    folder = os.environ.get("JOURNEYS_PICTURES")
    if folder:
        page.screenshot(path=f"{folder}/orders-{name}.png", full_page=True)


def no_wider_than_the_phone(page: Page) -> bool:
    """Nothing has to be scrolled sideways."""
    return bool(page.evaluate("document.documentElement.scrollWidth <= innerWidth"))


def second_supervisor(browser: Browser, stage: Stage, number: str) -> Page:
    """A colleague of the supervisor whom the door lets in; the caller closes the context."""
    said = subprocess.run(
        [sys.executable, "-c", SECOND, str(stage.data), number.lower()], env=_environment(), check=True,
        capture_output=True, text=True,
    )  # fmt: skip
    page = new_page(browser, stage, DESKTOP)
    page.context.add_cookies([{"name": "consentry", "value": said.stdout.strip(), "url": stage.origin}])
    return page


def local(page: Page, moment: datetime) -> str:
    """`moment` as the browser's own clock shows it in a field of date and time."""
    return str(page.evaluate(
        "ms => new Date(ms - new Date(ms).getTimezoneOffset() * 60000).toISOString().slice(0, 16)",
        moment.timestamp() * 1_000,
    ))  # fmt: skip


def write_down(page: Page, docket: str, camera: str, answer: str) -> str:
    """The manager writes down what the court's document says; the order's id."""
    page.get_by_role("link", name="Orders", exact=True).click()
    page.get_by_role("link", name="New order").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("New order")
    expect(page.get_by_label("Kind").locator("option")).to_have_count(4)
    now = datetime.now(UTC)
    page.get_by_label("Court", exact=True).fill("Port Meridian County Court")
    page.get_by_label("Judge").fill("A. Lowell")
    page.get_by_label("The court’s number").fill(docket)
    page.get_by_label("Telephone of the court").fill("+1 555 0142")
    first = page.get_by_role("group", name="Line 1")
    first.get_by_label("Its number").fill(camera)
    first.get_by_label("From").fill(local(page, now - timedelta(minutes=30)))
    first.get_by_label("Until").fill(local(page, now))
    page.get_by_role("button", name="Name one more").click()
    second = page.get_by_role("group", name="Line 2")
    second.get_by_label("What").select_option(label="Who sent an answer")
    second.get_by_label("Its number").fill(answer)
    page.get_by_label("What it asks, for its owner").fill(WORDS)
    page.get_by_label("The court’s document (PDF)").set_input_files(
        {"name": "order.pdf", "mimeType": "application/pdf", "buffer": PDF}
    )
    assert violations(page) == []
    picture(page, "new")
    page.get_by_role("button", name="Write it down").click()
    page.wait_for_url("**/orders/ord_*")
    expect(page.get_by_text("Waits for reviews")).to_be_visible()
    expect(page.get_by_role("link", name="Download the document")).to_be_visible()
    expect(page.get_by_text("Others review it")).to_be_visible()
    assert page.get_by_role("button", name="I agree").count() == 0, "nobody reviews their own"
    assert violations(page) == []
    picture(page, "drawn")
    return page.url.rsplit("/", 1)[1]


def review(page: Page, order: str) -> None:
    """Compare and agree."""
    page.goto(f"/orders/{order}")
    expect(page.get_by_text(WORDS)).to_be_visible()
    assert violations(page) == []
    page.get_by_role("button", name="I agree").click()
    expect(page.get_by_role("button", name="I agree")).to_have_count(0)


def execute(page: Page, order: str) -> None:
    """Once it is in the log, a supervisor executes it; then it opens whose the answer is, and says so beforehand."""
    page.goto(f"/orders/{order}")
    expect(page.get_by_text("Reviewed by two")).to_be_visible()
    button = page.get_by_role("button", name="Execute the order")
    expect(button).to_be_enabled(timeout=WAIT_MS)
    assert page.get_by_role("button", name="Read who it is").count() == 0
    picture(page, "reviewed")
    button.click()
    expect(page.get_by_text("Served on its owner")).to_be_visible()
    expect(page.get_by_text("May be read under this order.")).to_be_visible()


def read_identity(page: Page, order: str) -> str:
    """Who sent the answer, once the execution is in the log; the name."""
    wait_until(page, """async order => (await (await fetch(`/api/orders/${order}`)).json()).is_logged""", order)
    page.get_by_role("button", name="Read who it is").click()
    name = page.get_by_role("region", name="Who sent the answers").locator("strong")
    expect(name).to_be_visible()
    expect(page.get_by_text("Read who sent an answer")).to_be_visible()
    assert violations(page) == []
    picture(page, "executed")
    return name.inner_text()


def read_in_french(page: Page) -> None:
    """What is asked of whom, by whom to call, and the court's own document."""
    page.goto("/home")
    page.get_by_role("link", name="décision de justice vous demande").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Décisions de justice")
    assert violations(page) == []
    page.locator(".request-row").filter(has_text="Pas encore de réponse").locator("a").click()
    expect(page.get_by_role("heading", level=1)).to_contain_text("a une décision de justice pour vos enregistrements")
    expect(page.get_by_text("Ce n’est pas un consentement.")).to_be_visible()
    expect(page.get_by_text("consulter un avocat")).to_be_visible()
    expect(page.get_by_role("link", name="Appeler le +1 555 0142")).to_be_visible()
    expect(page.get_by_text(WORDS)).to_be_visible()
    with page.expect_download() as paper:
        page.get_by_role("link", name="Télécharger le document").click()
    assert paper.value.path().read_bytes() == PDF
    assert violations(page) == []
    assert no_wider_than_the_phone(page)
    picture(page, "served-fr")


def contest_in_french(page: Page, desk: Page) -> None:
    """Contest it, which the desk reads; then say that nothing is there. Neither closes the way to hand over."""
    page.get_by_role("button", name="Je la conteste").click()
    page.get_by_label("Pourquoi").fill(CONTESTED)
    assert violations(page) == []
    assert no_wider_than_the_phone(page)
    picture(page, "contest-fr")
    page.get_by_role("button", name="Dire que je la conteste").click()
    expect(page.get_by_text("Vous contestez cette décision.")).to_be_visible()
    expect(desk.get_by_text(CONTESTED)).to_be_visible(timeout=WAIT_MS)
    picture(desk, "contested")
    page.get_by_role("button", name="Je n’ai rien de cela").click()
    expect(page.get_by_text("Votre boîtier ne garde les enregistrements qu’un temps.")).to_be_visible()
    assert violations(page) == []
    page.get_by_role("button", name="Dire que je n’ai rien").click()
    expect(page.get_by_text("Vous avez dit n’avoir rien de cela.")).to_be_visible()
    expect(desk.get_by_text("Nothing there")).to_be_visible(timeout=WAIT_MS)


def hand_over_in_french(page: Page) -> None:
    """Choose a span of the own box's recordings, look at it, hand it over signed."""
    page.get_by_role("button", name="Remettre un enregistrement").click()
    page.get_by_role("button", name="Montrer mes enregistrements").click()
    expect(page.locator(".reel-span").first).to_be_visible(timeout=WAIT_MS)
    page.get_by_role("button", name="5 min").click()
    page.get_by_role("button", name="Choisir les 30 dernières secondes").click()
    page.get_by_role("button", name="En faire un extrait").click()
    expect(page.get_by_label("Votre extrait")).to_be_visible(timeout=WAIT_MS)
    page.get_by_role("button", name="Le garder, signé").click()
    expect(page.get_by_text("Rien n’est encore envoyé.")).to_be_visible()
    assert violations(page) == []
    assert no_wider_than_the_phone(page)
    picture(page, "hand-over-fr")
    page.get_by_role("button", name=re.compile("^Remettre à")).click()
    expect(page.get_by_role("heading", name="Remis", exact=True)).to_be_visible(timeout=WAIT_MS)
    assert violations(page) == []
    picture(page, "handed-fr")


@pytest.mark.slow
def test_an_order_fetches_what_its_owner_hands_over_and_opens_the_one_answer_that_it_names(
    stage: Stage, analyst: Analyst, open_page: Open, chromium: Browser, tmp_path: Path
) -> None:
    request = compose(stage, analyst.page)
    owner = come_in(open_page(PHONE, language="fr"), "Propriétaire")
    wait_until(owner, "async id => (await fetch(`/api/home/requests/${id}`)).ok", request)
    answer_in_french(owner, film(tmp_path / "film.mp4"))
    supervisor, manager = (come_in(open_page(DESKTOP), role) for role in ("Supervisor", "Programme manager"))
    (answer,) = fetch(supervisor, f"/api/requests/{request}/answers")[1]
    assert answer["name"] == ""
    camera = fetch(owner, f"/api/home/requests/{request}")[1]["cameras"][0]["id"]
    docket = f"26-CR-{stage.open_calls[-1].number[-6:]}"
    order = write_down(manager, docket, camera, answer["id"])
    other = second_supervisor(chromium, stage, docket)
    try:
        review(supervisor, order)
        review(other, order)
    finally:
        other.context.close()
    execute(supervisor, order)
    assert read_identity(supervisor, order) == fetch(owner, "/api/session")[1]["name"]

    read_in_french(owner)
    contest_in_french(owner, supervisor)
    hand_over_in_french(owner)
    expect(supervisor.get_by_text("Handed over", exact=True)).to_be_visible(timeout=WAIT_MS)
    picture(supervisor, "handed")
    # Clips of this camera that the vault held before stand above it, with links of their own.
    handed = supervisor.locator(".note").filter(has_text="Handed over")
    handed.get_by_role("link", name="Open in the vault").click()
    expect(supervisor.get_by_text("Under a court’s order").first).to_be_visible()
    expect(supervisor.get_by_text(docket).first).to_be_visible()
    wait_until(supervisor, "() => document.querySelector('.chip.good')?.textContent === 'Sealed'", timeout_s=120)
    supervisor.get_by_label("Why do you open it?").fill("The order of the court")
    supervisor.get_by_role("button", name="Open the pictures").click()
    wait_until(supervisor, "() => document.querySelector('.reel video')?.readyState >= 2")
    picture(supervisor, "item")

    owner.goto("/home/orders")
    owner.locator(".request-row").filter(has_text="Pour information").locator("a").click()
    expect(owner.get_by_role("heading", level=1)).to_contain_text("qui vous êtes")
    assert violations(owner) == []
    picture(owner, "told-fr")
    auditor = come_in(open_page(DESKTOP), "Auditor")
    auditor.goto(f"/orders/{order}")
    expect(auditor.get_by_text("Read who sent an answer")).to_be_visible()
    assert auditor.get_by_role("button", name="Read who it is").count() == 0
    public = open_page()
    public.goto("/public")
    row = public.get_by_role("row").filter(has_text="Search warrant")
    expect(row).to_be_visible()
    assert violations(public) == []
    picture(public, "public")
