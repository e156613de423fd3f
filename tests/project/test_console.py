"""The built console: its files, its one page, and what the resident's first page names ahead."""

import json
import os
from pathlib import Path

import pytest
from django.test import Client

REST = ["/assets/home-1.css", "/api/home"]
AHEAD = {"/home": {"en": ["/assets/en-1.js", *REST], "fr": ["/assets/fr-1.js", *REST]}}


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
        f"</assets/{words}-1.js>; rel=modulepreload, </assets/home-1.css>; rel=preload; as=style; crossorigin, "
        "</api/home>; rel=preload; as=fetch; crossorigin"
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


@pytest.mark.parametrize(
    ("taken", "coding"),
    [
        ("gzip, deflate, br, zstd", "br"),
        ("gzip;q=0.5", "gzip"),
        ("br;q=0, gzip", "gzip"),
        ("br; q=0.000", None),
        ("br;q=0.001", "br"),
        ("identity", None),
        ("", None),
        ("x-br", None),
        ("brotli", None),
    ],
)
def test_a_file_comes_in_the_smallest_coding_that_is_taken(built, taken, coding):
    for suffix in ("", ".br", ".gz"):
        (built / "assets" / f"en-1.js{suffix}").write_text(f"as{suffix}")
    answer = Client().get("/assets/en-1.js", headers={"accept-encoding": taken})
    assert answer.headers.get("Content-Encoding") == coding
    assert b"".join(answer) == {"br": b"as.br", "gzip": b"as.gz", None: b"as"}[coding]
    assert "Accept-Encoding" in answer["Vary"]


def test_a_copy_that_is_older_than_its_file_and_a_range_are_sent_plain(built):
    plain, copy = built / "assets" / "en-1.js", built / "assets" / "en-1.js.br"
    copy.write_text("old")
    os.utime(copy, (1, 1))
    for headers in ({"accept-encoding": "br"}, {"accept-encoding": "gzip", "range": "bytes=0-3"}):
        answer = Client().get("/assets/en-1.js", headers=headers)
        assert "Content-Encoding" not in answer.headers
        assert b"".join(answer) == plain.read_bytes()
