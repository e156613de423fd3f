"""CAP 1.2: what we publish passes the schema's rules and the standard's, what others got wrong is named."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.neighbors.stage import square

from consentry.neighbors.cap import CapInfo, CapMessage, CapText, FeedEntry, FeedHead, atom_feed, cap_time, compose
from consentry.neighbors.cap_check import faults_of

NOW = datetime(2026, 11, 29, 12, 0, 1, 5, tzinfo=UTC)
TEXTS = (
    CapText("en", "Gas leak", "Gas leak in Oak Street", "Keep <away> & close windows.", "Leave by foot."),
    CapText("fr", "Fuite de gaz", "Fuite de gaz rue du Chêne", "Éloignez-vous.", ""),
)
INFO = CapInfo("Infra", "Avoid", "Immediate", "Severe", "Observed", "Around Oak Street", TEXTS)


def message(**changed: object) -> CapMessage:
    corners = square()
    made = CapMessage(
        identifier="alt_one", sender="alerts@city.example", sender_name="Police", sent=NOW,
        expires=NOW + timedelta(hours=2), status="Actual", msg_type="Alert", info=INFO, corners=(*corners, corners[0]),
        web="https://city.example/alerts/alt_one",
    )  # fmt: skip
    return replace(made, **changed)  # type: ignore[arg-type]  # a test's own words


def test_what_we_compose_has_no_fault() -> None:
    assert faults_of(compose(message())) == ()
    later = message(msg_type="Update", identifier="alt_two", references=(("alerts@city.example", "alt_one", NOW),))
    assert faults_of(compose(later)) == ()


def test_times_have_a_numeric_zone_and_no_parts_of_seconds() -> None:
    assert cap_time(NOW) == "2026-11-29T12:00:01-00:00"


@given(st.text(max_size=300), st.text(max_size=300))
def test_no_text_breaks_the_xml_or_adds_an_element(headline: str, description: str) -> None:
    texts = (replace(TEXTS[0], headline=headline, description=description),)
    faults = faults_of(compose(message(info=replace(INFO, texts=texts))))
    assert set(faults) <= {"not well-formed, or with entities"}
    if all(sign in "\n\t" or 32 <= ord(sign) < 0xD800 for sign in headline + description):
        assert faults == ()


@pytest.mark.parametrize(
    ("before", "after", "word"),
    [
        ("-00:00</", "Z</", "Z is not allowed"),
        ("<status>Actual", "<status>actual", "status"),
        ("<scope>Public</scope>", "", "0 times scope"),
        ("<scope>Public", "<scope>Restricted", "restriction"),
        ("<msgType>Alert", "<msgType>Update", "refers to no earlier"),
        ("<urgency>Immediate</urgency>", "", "urgency"),
        ("<identifier>alt_one", "<identifier>alt one", "identifier"),
        ("<severity>Severe</severity>", "<severity>Severe</severity><severity>Severe</severity>", "2 times severity"),
        ("<certainty>Observed</certainty><effective>", "<effective>", "certainty"),
        ("<event>Gas leak</event>", "<colour>red</colour><event>Gas leak</event>", "colour"),
        ("<expires>2026-11-29T14", "<expires>2026-11-29T10", "expires before"),
        ("urn:oasis:names:tc:emergency:cap:1.2", "urn:oasis:names:tc:emergency:cap:1.1", "not a CAP 1.2"),
        ("</polygon>", " 1,1</polygon>", "the last is the first"),
        ("<language>fr", "<language>fr_FR", "RFC 3066"),
        ("<polygon>", "<polygon>abc ", "pairs"),
    ],
)
def test_what_others_get_wrong_is_named(before: str, after: str, word: str) -> None:
    xml = compose(message())
    assert before in xml
    assert any(word in fault for fault in faults_of(xml.replace(before, after)))


@pytest.mark.parametrize("reference", ["a,b", "a,b,yesterday", "a,alt_one,2026-11-29T11:00:00-00:00",
                                       "a,b,2027-11-29T11:00:00-00:00"])  # fmt: skip
def test_references_are_three_parts_older_and_of_another(reference: str) -> None:
    xml = compose(message()).replace("<msgType>Alert", "<msgType>Update")
    assert faults_of(xml.replace("<info>", f"<references>{reference}</references><info>", 1)) != ()


def test_entities_and_bombs_are_refused() -> None:
    bomb = '<?xml version="1.0"?><!DOCTYPE a [<!ENTITY a "aaaa"><!ENTITY b "&a;&a;">]><alert>&b;</alert>'
    assert faults_of(bomb) == ("not well-formed, or with entities",)
    assert faults_of("x" * 2_000_000) == ("longer than 1 MiB",)


@pytest.mark.parametrize("name", ["amber_alert_example.xml", "australia.cap"])
def test_real_alerts_of_others_have_no_fault(shared_data: Path, name: str) -> None:
    assert faults_of((shared_data / "cap" / name).read_text()) == ()


def test_the_feed_names_each_message_with_its_area() -> None:
    text = atom_feed([FeedEntry(message(), "https://x/1", NOW)], FeedHead("https://x", "Alerts", NOW))
    assert "<georss:polygon>" in text
    assert 'type="application/cap+xml"' in text
    assert text.count('<entry xml:lang="en">') == 1


def test_languages_that_disagree_how_bad_it_is_are_named_and_other_areas_may() -> None:
    xml = compose(message())
    worse = xml.replace("<severity>Severe", "<severity>Minor", 1)
    assert faults_of(worse) == ("languages that do not agree how bad it is",)
    corner = xml.split("<polygon>")[1].split()[0]
    moved = f"{float(corner.split(',')[0]) + 0.01:.5f},{corner.split(',')[1]}"
    elsewhere = worse[: worse.rindex("<polygon>")] + worse[worse.rindex("<polygon>") :].replace(corner, moved)
    assert faults_of(elsewhere) == ()


def test_an_area_is_called_in_each_language_and_the_feed_speaks_the_readers() -> None:
    named = (TEXTS[0], replace(TEXTS[1], area_name="Autour de la rue du Chêne"))
    said = message(info=replace(INFO, texts=named))
    xml = compose(said)
    assert faults_of(xml) == ()
    assert xml.count("<areaDesc>Around Oak Street") == xml.count("<areaDesc>Autour de la rue du Chêne") == 1
    feeds = {
        language: atom_feed([FeedEntry(said, "https://x/1", NOW)], FeedHead("https://x", "Alerts", NOW, language))
        for language in ("", "fr", "es")
    }
    for language, headline, spoken in (("", TEXTS[0], "en"), ("fr", TEXTS[1], "fr"), ("es", TEXTS[0], "en")):
        assert f"<title>{headline.headline}</title>" in feeds[language]
        assert f'xml:lang="{spoken}"' in feeds[language]
    assert 'hreflang="es"' in feeds["fr"]
    assert 'hreflang="fr"' not in feeds["fr"]
    assert "<id>https://x/api/alerts.atom?lang=fr</id>" in feeds["fr"]
