"""Entries compared many at once are held to just what the exact reading, one by one, would say of each."""

from hypothesis import given
from hypothesis import strategies as st

from consentry.kernel.canonical import canonical_json, parse_object
from consentry.kernel.errors import Malformed
from consentry.kernel.limits import MAX_ENTRY_BYTES
from consentry.kernel.opening import PUBLIC_FIELDS
from consentry.kernel.tiles import cut_bundle, make_bundle
from consentry.ledger.audit.forms import Form
from consentry.ledger.audit.story import Story
from consentry.ledger.kinds import KINDS, make_entry, schema_entry

T_MS = 1_767_225_600_000


def call(number: int) -> bytes:
    return make_entry("call.receive", {"commit": f"{number:064d}", "feed": "fee_one"}, t_ms=T_MS + number)


def hold(number: int) -> bytes:
    return make_entry("hold.set", {"agency": "a", "commit": "c", "until": number}, t_ms=T_MS)


def spaced(number: int) -> bytes:
    return make_entry("programme.change", {
        "agency": "City of A !", "document_sha256": f"{number:064d}", "programme": "p 1", "state": "over",
    }, t_ms=T_MS + number)  # fmt: skip


def seal(number: int) -> bytes:
    fields: dict[str, str | int] = {"agency": "a", "commit": "c", "index": 900 + number % 50, "seal_until": T_MS}
    return make_entry("order.execute", fields, t_ms=T_MS)


def is_right(entry: bytes) -> bool:
    try:
        value = parse_object(entry, max_bytes=MAX_ENTRY_BYTES)
        if canonical_json(value) != entry or value.get("v") != 1 or value.get("kind") not in KINDS:
            return False
    except Malformed:
        return False
    return set(value) == {"v", "kind", "t", *KINDS[value["kind"]]}


def findings(entries: list[bytes], *, learned: bool) -> list[int]:
    """The indexes that the audit names, after it has met (or not) a bundle of entries like these."""
    story = Story()
    story.read(0, cut_bundle(make_bundle([schema_entry(t_ms=T_MS)])))
    if learned:
        story.read(1, cut_bundle(make_bundle([entries[0]] * 40)))
    story.read(100, cut_bundle(make_bundle(entries)))
    return [finding.index - 100 for finding in story.findings]


@given(
    make=st.sampled_from([call, hold, seal, spaced]),
    place=st.integers(0, 39),
    at=st.integers(0, 500),
    byte=st.one_of(st.sampled_from(b'"\\\x00\x1f\x7f\x80-0,:}'), st.integers(0, 255)),
    learned=st.booleans(),
)
def test_one_changed_byte_among_many_alike_is_judged_as_by_the_exact_reading(
    make: object, place: int, at: int, byte: int, learned: bool
) -> None:
    assert callable(make)
    entries = [make(number) for number in range(100, 140)]
    changed = bytearray(entries[place])
    changed[at % len(changed)] = byte
    entries[place] = bytes(changed)
    assert findings(entries, learned=learned and place != 0) == ([] if is_right(entries[place]) else [place])


@given(st.integers(-(2**53) + 1, 2**53 - 1))
def test_a_form_accepts_what_it_was_made_of_and_no_leading_zero(number: int) -> None:
    entry = canonical_json({"kind": "hold.set", "n": number, "v": 1})
    form = Form.of(entry)
    assert form.fits(make_bundle([entry]))
    digits = str(abs(number)).encode()
    if len(digits) > 1 or number < 0:
        assert not form.fits(make_bundle([entry, entry.replace(digits, b"0" + digits[1:], 1)]))


def test_lengths_that_look_like_a_quote_or_a_backslash_are_no_hindrance() -> None:
    for length in (ord('"'), ord("\\"), 0x2222, 0x5C5C):
        text = "x" * (length - len(b'{"kind":"k","n":"","v":1}'))
        form = Form.of(canonical_json({"kind": "k", "n": text, "v": 1}))
        assert form.fits(make_bundle([canonical_json({"kind": "k", "n": "y" * len(text), "v": 1})] * 3))
        assert not form.fits(make_bundle([canonical_json({"kind": "l", "n": text, "v": 1})]))


def test_a_form_of_long_entries_takes_no_more_memory_and_still_tells_them_apart() -> None:
    alike = [canonical_json({"kind": "k", "n": letter * 60_000, "v": 1}) for letter in "abcde"]
    form = Form.of(alike[0])
    assert form.low.nbytes + form.width.nbytes + form.scratch.nbytes < 3 * 65_536
    assert form.fits(make_bundle(alike))
    assert not form.fits(make_bundle([*alike, alike[0].replace(b"aa", b'a"', 1)]))


def test_a_new_list_of_kinds_amid_entries_alike_counts_from_there_on() -> None:
    narrower = schema_entry(t_ms=T_MS).replace(b'"call.receive":["commit","feed"],', b"")
    entries = [*(call(number) for number in range(100)), narrower, *(call(number) for number in range(100))]
    assert findings(entries, learned=True) == list(range(101, 201))


def test_orders_alike_are_each_followed() -> None:
    story = Story()
    story.read(0, cut_bundle(make_bundle([schema_entry(t_ms=T_MS)])))
    look = make_entry("look.commit", {"commit": "c" * 43, "policy_sha256": "p"}, t_ms=T_MS)
    fields: dict[str, str | int] = {"agency": "a", "commit": "c", "seal_until": T_MS + 90 * 86_400_000}
    orders = [make_entry("order.execute", {**fields, "index": index}, t_ms=T_MS) for index in range(10, 60)]
    story.read(10, cut_bundle(make_bundle([look] * 50)))
    story.read(60, cut_bundle(make_bundle(orders)))
    assert story.close(T_MS + 80 * 86_400_000) == (0, 50)


def test_a_reveal_must_have_just_the_public_fields_also_among_many() -> None:
    public = dict.fromkeys(sorted(PUBLIC_FIELDS), "x")
    fields = {"index": 5, "inner": "A" * 43, "public": public, "salt_pub": "A" * 43}
    reveal = make_entry("look.reveal", fields, t_ms=T_MS)
    changed = reveal.replace(b'"rule":', b'"role":')
    assert findings([reveal] * 30, learned=False) == list(range(30))  # none opens a commit
    assert len(findings([reveal] * 29 + [changed], learned=True)) > 29
