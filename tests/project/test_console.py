"""The built console: its files, its one page, and what the resident's first page names ahead."""

import json
from pathlib import Path

import pytest
from django.test import Client

AHEAD = {"home": {"en": ["assets/en-1.js", "assets/home-1.css"], "fr": ["assets/fr-1.js", "assets/home-1.css"]}}


@pytest.fixture
def built(tmp_path: Path, settings) -> Path:
    """A build of one page."""
    (tmp_path / "index.html").write_text("<!doctype html><title>Consentry</title>")
    (tmp_path / "ahead.json").write_text(json.dumps(AHEAD))
    (tmp_path / "assets").mkdir()
    (tmp_path / "assets" / "en-1.js").write_text("export {}")
    settings.CONSOLE_DIST = tmp_path
    return tmp_path


@pytest.mark.parametrize(
    ("liked", "words"),
    [
        ("fr-CA,en;q=0.5", "fr"),
        ("en", "en"),
        ("de,fr;q=0.2", "fr"),
        ("de", "en"),
        ("", "en"),
        ("*", "en"),
        ("x" * 9_000, "en"),
    ],
)
def test_the_residents_first_page_names_its_files_and_words_in_the_language_that_is_liked(built, liked, words):
    answer = Client().get("/home", headers={"accept-language": liked})
    assert answer.status_code == 200
    assert answer["Link"] == (
        f"</assets/{words}-1.js>; rel=modulepreload, </assets/home-1.css>; rel=preload; as=style; crossorigin"
    )
    assert "Accept-Language" in answer["Vary"]


@pytest.mark.parametrize("path", ["/", "/home/events", "/watch", "/assets/en-1.js"])
def test_no_other_answer_names_anything(built, path):
    answer = Client().get(path)
    assert answer.status_code == 200
    assert "Link" not in answer


def test_a_build_without_the_list_is_served_as_well(built):
    (built / "ahead.json").unlink()
    answer = Client().get("/home")
    assert (answer.status_code, "Link" in answer) == (200, False)
