"""The policy's text against an independent twin, and what happens when anything about it is wrong."""

import json
from pathlib import Path
from random import Random
from typing import Any

import cedarpy
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tests.access.twin import ELIGIBLE, NEVER, PURPOSES, verdict

from consentry.access.facts import RECORDS
from consentry.access.policy import ERROR, PERMITS, UNREADABLE, Policy, decide, load_policy
from consentry.access.publish import FOLDER, _is_sound, only_adds, read_folder
from consentry.access.rules import BUILT_IN
from consentry.kernel.errors import Malformed
from consentry.kernel.purposes import PURPOSES as PURPOSE_WORDS
from consentry.kernel.roles import Role

NOW_MS = 1_800_000_000_000
HOUR_MS = 3_600_000


@pytest.fixture(scope="module")
def policy() -> Policy:
    """The policy in the repository."""
    found = read_folder()
    return load_policy(found.cedar, found.schema)


# Times around now, limits included.
TIMES = [NOW_MS + d for d in (0, 1, -1, 2 * HOUR_MS, -2 * HOUR_MS, -2 * HOUR_MS - 1, 30 * HOUR_MS)]
# What a fact may be. Values that a look needs stand there more often, so that allows are met too.
VALUES: dict[str, list[Any]] = {
    "access_min": [0, 239, 240, 500], "agency": ["a", "a", "a", "b", ""], "answer": ["automatic", "yes", "none"],
    "cameras": list(range(12)), "cameras_left": [-1, 0, 1, 2], "class": ["private", "public"],
    "consent": ["given", "given", "mandate", "withdrawn", "expired", "none"],
    "distance_m": [100, 400, 500, 800, 900], "extensions": [0, 1, 2, 3], "health": ["online", "offline"],
    "max_distance_m": [0, 400, 800, 1_000], "mfa": [0, 1, 2], "now_ms": [NOW_MS],
    "origin": ["cad", "cad", "alarm", "manual"],
    "participation": ["voluntary", "voluntary", "mandated", "condition_of_benefit", "agency_owned"],
    "purpose_code": [*sorted(PURPOSES), "curiosity", ""], "role": [*[role.value for role in Role], ""],
    "state": ["active", "open", "ended"], "status": ["open", "open", "closed"],
    "tier": ["live", "request", "registry"], "type": [*sorted(ELIGIBLE), *sorted(NEVER), "UNMAPPED", ""],
    "views": list(range(-1, 7)),
}  # fmt: skip
_BAD = {"changed_by_console", "paused", "stopped"}


def values_of(name: str, kind: type) -> dict[str, list[Any]]:
    """The fields of one record, each with what it may be."""
    fields: dict[str, list[Any]] = {}
    for field, annotation in kind.__annotations__.items():
        key = "class" if field == "klass" else field
        if annotation is bool:
            fields[key] = [False, False, False, True] if key in _BAD else [True, True, True, False]
        elif key.endswith("_ms") and key != "now_ms":
            fields[key] = TIMES
        else:
            fields[key] = VALUES["purpose_code" if (name, key) == ("request", "purpose") else key]
    return fields


CASES = {action: {name: values_of(name, kind) for name, kind in RECORDS[action].items()} for action in sorted(RECORDS)}


def good(action: str) -> dict[str, dict[str, Any]]:
    """Facts on which `action` is allowed."""
    full: dict[str, dict[str, Any]] = {
        "asker": {"agency": "a", "mfa": 2, "role": "analyst"},
        "system": {"clock_in_order": True, "log_reachable": True, "now_ms": NOW_MS},
        "request": {"purpose": "find_vehicle", "views": 1},
        "programme": {"agency": "a", "call_type": True, "cameras_left": 1, "ends_ms": NOW_MS + 1,
                      "max_distance_m": 400, "starts_ms": NOW_MS, "state": "active"},
        "incident": {"access_min": 0, "agency": "a", "cameras": 4, "changed_by_console": False, "logged": True,
                     "origin": "cad", "reported_ms": NOW_MS - 2 * HOUR_MS, "second_person": False, "sound": True,
                     "status": "open", "type": "BURGLARY"},
        "camera": {"answer": "automatic", "call_type": True, "class": "private", "consent": "given", "counted": False,
                   "distance_m": 400, "expires_ms": NOW_MS + 1, "health": "online", "hours": True,
                   "max_distance_m": 400, "participation": "voluntary", "paused": False, "purpose": True,
                   "stopped": False, "terms_current": True, "tier": "live", "view_attested": True},
        "running": {"state": "open", "until_ms": NOW_MS + 1, "viewer": True},
        "extended": {"extensions": 1, "state": "open"},
    }  # fmt: skip
    if action.endswith("Public"):
        full["camera"] = {"agency": "a", "class": "public", "paused": False}
    return {name: full[name] for name in RECORDS[action]}


def ask(policy: Policy | None, action: str, facts: dict[str, dict[str, Any]]) -> Any:
    """Decide as somebody about something."""
    return decide(policy, action, who="p", resource=("Camera", "c"), context=facts)


@settings(max_examples=2_500, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(action=st.sampled_from(sorted(CASES)), seed=st.integers(0, 2**32))
def test_policy_and_twin_agree_on_every_fact(policy: Policy, action: str, seed: int) -> None:
    """Fifty facts drawn from one number: drawn one by one they cost more than deciding."""
    chance = Random(seed)
    facts = {
        name: {key: chance.choice(values) for key, values in fields.items()} for name, fields in CASES[action].items()
    }
    decision, expected = ask(policy, action, facts), verdict(action, facts)
    assert set(decision.failed) == expected
    assert decision.allowed == (not expected)


@pytest.mark.parametrize("action", sorted(CASES))
def test_policy_and_twin_agree_all_around_an_allow(policy: Policy, action: str) -> None:
    """From facts that allow, each fact is made each of its values: exactly what the twin says must fail."""
    for name, fields in CASES[action].items():
        for key, values in fields.items():
            for value in dict.fromkeys(values):
                facts = good(action)
                facts[name][key] = value
                assert set(ask(policy, action, facts).failed) == verdict(action, facts), (name, key, value)


@pytest.mark.parametrize("action", sorted(PERMITS))
def test_good_facts_are_allowed_by_the_actions_own_permit(policy: Policy, action: str) -> None:
    decision = ask(policy, action, good(action))
    assert (decision.allowed, decision.rule, decision.failed) == (True, PERMITS[action], ())


@pytest.mark.parametrize("action", sorted(PERMITS))
def test_every_fact_that_is_missing_or_of_another_type_denies(policy: Policy, action: str) -> None:
    for name, fields in good(action).items():
        for key in fields:
            for wrong in (None, 1.5, [], {}, "x" if not isinstance(fields[key], str) else 1):
                facts = good(action)
                facts[name][key] = wrong
                assert ask(policy, action, facts).failed == (ERROR,)
            facts = good(action)
            del facts[name][key]
            assert ask(policy, action, facts).failed == (ERROR,)
        facts = good(action)
        del facts[name]
        assert not ask(policy, action, facts).allowed


def test_cedar_alone_would_open_when_a_forbid_fails_to_evaluate_and_we_do_not(policy: Policy) -> None:
    facts = good("LookPrivate")
    facts["system"]["now_ms"] = -(2**63)
    request = {"principal": 'Person::"p"', "action": 'Action::"LookPrivate"', "resource": 'Camera::"c"'}
    raw = cedarpy.is_authorized({**request, "context": facts}, policy.parsed["LookPrivate"], "[]")
    assert raw.diagnostics.errors
    assert ask(policy, "LookPrivate", facts).failed == (ERROR,)


@pytest.mark.parametrize("role", sorted(set(Role) - {Role.ANALYST, Role.OFFICER, Role.SUPERVISOR}))
@pytest.mark.parametrize("action", sorted(PERMITS))
def test_no_other_role_has_any_action_on_pictures(policy: Policy, role: Role, action: str) -> None:
    facts = good(action)
    facts["asker"]["role"] = role.value
    assert "asker.role" in ask(policy, action, facts).failed


def test_no_policy_or_an_unknown_action_denies(policy: Policy) -> None:
    assert ask(None, "Ask", good("Ask")).failed == (UNREADABLE,)
    assert ask(policy, "Delete", good("Ask")).failed == (ERROR,)


def broken_texts() -> list[tuple[str, str]]:
    """Policies with one thing wrong."""
    text = (FOLDER / "access.cedar").read_text()
    return [
        ("no text", ""), ("cut off", text[: len(text) // 2]), ("syntax", text.replace("forbid (", "forbid ((", 1)),
        ("unknown fact", text.replace("context.camera.hours", "context.camera.houses")),
        ("id twice", text.replace('@id("camera.hours")', '@id("camera.paused")')),
        ("no id", text.replace('@id("camera.hours")\n', "")), ("no scope", text.replace('@scope("grant")\n', "", 1)),
        ("one more permit", text + '\n@id("x")\n@scope("permit")\n@text("t")\npermit (principal, action, resource);'),
        ("permit in disguise", text + '\n@id("x")\n@scope("asker")\n@text("t")\npermit (principal, action, resource);'),
    ]  # fmt: skip


@pytest.mark.parametrize(("what", "text"), broken_texts(), ids=[what for what, _ in broken_texts()])
def test_a_broken_policy_file_is_refused_and_closes_everything(what: str, text: str, tmp_path: Path) -> None:
    (tmp_path / "access.cedar").write_text(text)
    (tmp_path / "access.cedarschema").write_text((FOLDER / "access.cedarschema").read_text())
    with pytest.raises(Malformed) as said:
        read_folder(tmp_path)
    assert said.value.kind == "policy-broken"
    assert not _is_sound(tmp_path)


def test_a_missing_policy_file_closes_everything(tmp_path: Path) -> None:
    assert not _is_sound(tmp_path)


def test_an_emergency_only_adds_conditions(policy: Policy) -> None:
    schema = (FOLDER / "access.cedarschema").read_text()
    more = '\n@id("x")\n@scope("system")\n@text("t")\nforbid (principal, action, resource);\n'
    assert only_adds(policy, load_policy(policy.cedar + more, schema))
    looser = policy.cedar.replace("context.camera.distance_m <= 800", "context.camera.distance_m <= 900")
    assert not only_adds(policy, load_policy(looser, schema))


def test_every_rule_has_words_in_three_languages(policy: Policy) -> None:
    texts = json.loads((FOLDER / "texts.json").read_text())
    assert set(texts) == set(policy.rules) | set(BUILT_IN)
    assert all(words.get("fr") and words.get("es") for words in texts.values())


def test_the_policys_purposes_are_the_published_ones() -> None:
    assert set(PURPOSE_WORDS) == PURPOSES
