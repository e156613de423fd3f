"""From a running look to a court: kept, sealed, opened, redacted, shown to the defence in another browser, checked.

The bag is checked by a program that runs apart, without the server, with keys that were fetched beforehand; one byte
changed anywhere is refused with a reason.
"""

import os
import subprocess
import sys
from pathlib import Path

from playwright.sync_api import Download, Page, expect
from tests.journeys.axe import violations
from tests.journeys.conftest import DESKTOP, PHONE, Open
from tests.journeys.people import Analyst, come_in, fetch, wait_until
from tests.journeys.second_factor import Passkeys
from tests.journeys.stage import Stage
from tests.journeys.test_redaction import looked_at_and_released


def picture(page: Page, name: str) -> None:
    """A screenshot for whoever wants to look."""
    folder = os.environ.get("JOURNEYS_PICTURES")
    if folder:
        page.screenshot(path=f"{folder}/vault-{name}.png", full_page=True)


def saved(download: Download, path: Path) -> bytes:
    """The downloaded file's bytes."""
    download.save_as(path)
    return path.read_bytes()


def keep_a_look(stage: Stage, analyst: Analyst) -> None:
    """A look of some seconds is kept and ended by who looks."""
    call = stage.report()
    analyst.ask(call.number)
    tile = analyst.tiles.first
    analyst.see(tile)
    tile.get_by_role("button", name="Keep this").click()
    expect(tile).to_contain_text("Being kept")
    analyst.page.wait_for_timeout(4_000)
    tile.get_by_role("button", name="Close", exact=True).click()


def name_is_burnt_in(page: Page) -> bool:
    """Has the picture on the glass a dark strip at its lower edge with light letters in it?"""
    rows = page.evaluate("""() => {
        const video = document.querySelector('.reel video');
        const canvas = document.createElement('canvas');
        canvas.width = video.videoWidth; canvas.height = video.videoHeight;
        const drawn = canvas.getContext('2d');
        drawn.drawImage(video, 0, 0);
        const high = Math.floor(canvas.height / 12) - 2;
        const { data } = drawn.getImageData(0, canvas.height - high, canvas.width, high);
        const light = Array.from({ length: data.length / 4 }, (_, place) => data[4 * place]);
        const dark = light.filter((one) => one < 60).length / light.length;
        return { dark, letters: light.filter((one) => one > 160).length };
    }""")
    return bool(rows["dark"] > 0.5 and rows["letters"] > 50)


def test_a_look_is_kept_sealed_disclosed_exported_and_checked_without_the_server(
    stage: Stage, analyst: Analyst, open_page: Open, tmp_path: Path
) -> None:
    keep_a_look(stage, analyst)
    page = analyst.page
    page.get_by_role("link", name="Vault").click()
    row = page.locator(".item-row").first
    expect(row).to_contain_text("Sealed", timeout=60_000)
    assert violations(page) == []
    picture(page, "items")
    row.scroll_into_view_if_needed()
    wait_until(page, "() => document.querySelector('.item-thumb img')?.naturalWidth > 0")
    # Other journeys keep things on the same platform: those that were taken elsewhere, or nowhere that is known, go.
    _, items = fetch(page, "/api/items")
    ours = next(item for item in items if item["kind"] == "look")
    page.get_by_label("Near").select_option(value=ours["cell"])
    expect(page.locator(".item-row")).to_have_count(sum(item["cell"] == ours["cell"] for item in items))
    row = page.locator(".item-row").filter(has_text="Kept from a look").first
    row.get_by_role("checkbox").check()
    page.get_by_label("A note on each of them").fill("First call of the night")
    page.get_by_role("region", name="What to do with the chosen items").get_by_role(
        "button", name="Add the note"
    ).click()
    expect(page.get_by_label("A note on each of them")).to_have_count(0)
    number = f"26-{ours['id'][-6:]}"
    page.get_by_label("Case number").fill(number)
    page.get_by_role("button", name="Open", exact=True).click()
    expect(page.get_by_role("region", name="Cases")).to_contain_text(number)
    row.get_by_role("link").first.click()
    expect(page.get_by_text("First call of the night")).to_be_visible()
    expect(page.get_by_role("heading", level=1)).to_have_text("Kept from a look")
    into_and_out_of_a_case(page, number)

    page.get_by_label("Why do you open it?").fill("To see who came")
    page.get_by_role("button", name="Open the pictures").click()
    video = page.locator(".reel video")
    wait_until(page, "() => document.querySelector('.reel video')?.readyState >= 2")
    said = page.get_by_label("When this picture was taken")
    before = said.inner_text()
    page.get_by_role("button", name="One picture on").click()
    expect(said).not_to_have_text(before)
    page.get_by_role("button", name="One picture back").click()
    expect(said).to_have_text(before)
    assert video.evaluate("video => video.error") is None
    expect(page.locator(".custody")).to_contain_text("To see who came")
    expect(page.get_by_role("region", name="Can it be relied on?")).to_contain_text("entry")
    assert violations(page) == []
    picture(page, "item")
    address = redacted(page)

    supervisor = come_in(open_page(DESKTOP), "Supervisor")
    supervisor.goto(address)
    supervisor.get_by_role("button", name="Show to somebody outside").click()
    supervisor.get_by_role("dialog").get_by_label("Who it is for").fill("Ms Ode, counsel for the defence")
    supervisor.get_by_role("button", name="Make the link").click()
    link = supervisor.get_by_role("dialog").get_by_label("Link", exact=True).inner_text()
    phrase = supervisor.get_by_role("dialog").get_by_label("Pass-phrase", exact=True).inner_text()
    assert violations(supervisor) == []
    picture(supervisor, "link")
    supervisor.get_by_role("button", name="Close").click()
    expect(supervisor.get_by_text("The defence was shown this, the prosecution was not.")).to_be_visible()

    counsel = open_page(PHONE, language="fr")
    counsel.goto(link)
    counsel.get_by_label("Phrase secrète").fill("abcd-abcd")
    counsel.get_by_role("button", name="Continuer").click()
    expect(counsel.get_by_role("alert")).to_contain_text("n’ouvrent rien")
    counsel.get_by_label("Phrase secrète").fill(phrase)
    counsel.get_by_role("button", name="Continuer").click()
    picture(counsel, "receipt")
    counsel.get_by_role("button", name="Signer le reçu et regarder").click()
    counsel.get_by_role("button", name="Lire").click()
    expect(counsel.locator(".reel video")).to_be_visible(timeout=60_000)
    wait_until(counsel, "() => document.querySelector('.reel video')?.readyState >= 2")
    expect(counsel.get_by_text("sans son")).to_be_visible()
    expect(counsel.get_by_role("progressbar")).to_have_count(0, timeout=60_000)
    taken = counsel.get_by_label("Quand cette image a été prise")
    first = taken.inner_text()
    counsel.get_by_role("button", name="Une image en avant").click()
    expect(taken).not_to_have_text(first)
    assert name_is_burnt_in(counsel)
    assert violations(counsel) == []
    counsel.get_by_role("button", name="Préparer le paquet").click()
    expect(counsel.get_by_role("link", name="Télécharger le paquet")).to_be_visible(timeout=60_000)
    for label in ("Télécharger la copie", "Télécharger ce qui a été masqué et qui a vérifié"):
        expect(counsel.get_by_role("link", name=label)).to_have_count(1)
    picture(counsel, "disclosed")
    with counsel.expect_download() as fetched:
        counsel.get_by_role("link", name="Télécharger le paquet").click()
    bag = saved(fetched.value, tmp_path / "bag.zip")

    trust = tmp_path / "trust.txt"
    policy = counsel.evaluate("() => fetch('/ledger/policy').then((answer) => answer.text())")
    trust.write_text(f"vault {(stage.data / 'keys' / 'vault.pub').read_text().strip()}\n{policy}")
    held = check(tmp_path / "bag.zip", trust)
    assert held.returncode in (0, 3), held.stderr  # 3: no time-stamping authority is set here
    assert "not the original itself" in held.stdout
    assert "witness" in held.stdout.partition("not proved")[0], held.stdout + policy
    (tmp_path / "changed.zip").write_bytes(
        bag[: len(bag) // 2] + bytes([bag[len(bag) // 2] ^ 1]) + bag[len(bag) // 2 + 1 :]
    )
    refused = check(tmp_path / "changed.zip", trust)
    assert refused.returncode == 1
    assert "REFUSED in layer" in refused.stdout

    comes_back_by_passkey(counsel, link)

    supervisor.get_by_role("button", name="End this disclosure").click()
    supervisor.get_by_role("button", name="Yes, end it now").click()
    expect(counsel.get_by_role("alert")).to_contain_text("terminée", timeout=20_000)


def into_and_out_of_a_case(page: Page, number: str) -> None:
    """From the item's own page; what was done stands in custody, and it ends inside."""
    cases = page.get_by_role("region", name="Cases")
    cases.get_by_label("Put into a case").select_option(label=f"{number} ")
    cases.get_by_role("button", name="Add").click()
    cases.get_by_role("button", name=f"Take out of case {number}").click()
    expect(page.locator(".custody .case_removed")).to_contain_text(f"Case {number}")
    cases.get_by_label("Put into a case").select_option(label=f"{number} ")
    cases.get_by_role("button", name="Add").click()
    expect(cases.get_by_role("listitem").filter(has_text=number)).to_have_count(1)


def redacted(page: Page) -> str:
    """Where the copy without faces stands, once every part of it was looked at."""
    page.get_by_label("Why is it redacted?").fill("Passers-by can be seen")
    page.get_by_role("button", name="Begin the redaction").click()
    expect(page.get_by_role("region", name="Look at all of it")).to_be_visible(timeout=90_000)
    looked_at_and_released(page)
    return page.url


def comes_back_by_passkey(page: Page, link: str) -> None:
    """The recipient makes a passkey, closes everything, and opens the same link without the pass-phrase."""
    Passkeys(page)
    page.get_by_text("Revenir sans la phrase secrète").click()
    page.get_by_role("button", name="Créer une clé d’accès").click()
    expect(page.get_by_text("C’est fait.")).to_be_visible()
    page.context.clear_cookies()
    page.goto("about:blank")
    page.goto(link)
    page.get_by_role("button", name="Utiliser ma clé d’accès").click()
    page.get_by_role("button", name="Signer le reçu et regarder").click()
    expect(page.get_by_role("button", name="Lire")).to_be_visible()
    assert violations(page) == []


def check(bag: Path, trust: Path) -> "subprocess.CompletedProcess[str]":
    """The check as an expert runs it: another process, nothing of the platform but the program."""
    words = [sys.executable, "-m", "consentry.project.cli", "verify", "bag", str(bag), "--trust", str(trust)]
    return subprocess.run(words, capture_output=True, text=True, check=False, env={"PATH": os.environ["PATH"]})
