"""The only decision point: Cedar text in, allow or deny with names out. In doubt, deny.

Cedar skips a `forbid` that fails to evaluate, which would open a door; so any error, any fact that is missing or of
the wrong type, and any answer but a clean allow by exactly the action's own permit is a deny.

Source: docs/spec/policy.md, docs/design/access.md "Decision".
"""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from types import MappingProxyType
from typing import Any, Final

import cedarpy

from consentry.access.facts import Context, is_complete
from consentry.kernel.errors import Malformed

ERROR: Final = "policy.error"
UNREADABLE: Final = "policy.unreadable"

# The one permit of each action.
PERMITS: Final = MappingProxyType({
    "Ask": "ask", "Extend": "extend", "LookPrivate": "look.private", "LookPublic": "look.public",
    "RenewPrivate": "renew.private", "RenewPublic": "renew.public",
})  # fmt: skip
SCOPES: Final = ("asker", "camera", "grant", "incident", "permit", "programme", "system")

_NO_ENTITIES = cedarpy.Entities.from_json_str("[]")


@dataclass(frozen=True)
class Rule:
    """One rule: `kind` permit or forbid; `text` in plain English; conditions of scope `camera` are the owner's."""

    id: str
    kind: str
    scope: str
    text: str


@dataclass(frozen=True)
class Policy:
    """A policy that parsed, holds together and fits the schema. `sha256`: lower-case hex of the Cedar text's bytes.

    `parsed`: by action, the rules whose scope names it or names no action, that scope taken off: Cedar would skip the
    others one by one, and looking an action up costs more than most conditions.
    """

    cedar: str
    sha256: str
    rules: Mapping[str, Rule]
    parsed: Mapping[str, cedarpy.PolicySet] = field(repr=False, compare=False)


@dataclass(frozen=True)
class Decision:
    """Allowed by `rule` (the permit's id), or not, by the conditions in `failed` (sorted ids)."""

    action: str
    allowed: bool
    rule: str
    failed: tuple[str, ...]
    policy_sha256: str
    error: str = ""


@lru_cache(maxsize=16)
def load_policy(cedar: str, schema: str) -> Policy:
    """Parse and check a policy; Malformed (saying what) when it does not parse, fit the schema or name its rules."""
    try:
        cedarpy.PolicySet.from_str(cedar)
        checked = cedarpy.validate_policies(cedar, cedarpy.Schema.from_str(schema))
        form = json.loads(cedarpy.policies_to_json_str(cedar))
    except ValueError as error:
        raise Malformed(f"the policy does not parse: {error}", kind="policy-broken") from error
    if not checked.validation_passed:
        raise Malformed(f"the policy does not fit its schema: {checked.errors[0]}", kind="policy-broken")
    rules = _rules(form)
    parsed = {action: _rules_for(action, form) for action in PERMITS}
    return Policy(cedar=cedar, sha256=hash_of(cedar), rules=rules, parsed=MappingProxyType(parsed))


def hash_of(cedar: str) -> str:
    """The hash that decisions name: what `sha256sum` says of the file."""
    return hashlib.sha256(cedar.encode()).hexdigest()


def decide(policy: Policy | None, action: str, *, who: str, resource: tuple[str, str], context: Context) -> Decision:
    """May `who` do `action` on `resource` (entity type, id)? Never raises for bad facts: it denies."""
    if policy is None:
        return Decision(action, False, "", (UNREADABLE,), "", "no policy")
    if action not in PERMITS or not is_complete(action, context):
        return Decision(action, False, "", (ERROR,), policy.sha256, "facts are missing or of the wrong type")
    kind, name = resource
    request = {
        "principal": {"type": "Person", "id": who},
        "action": {"type": "Action", "id": action},
        "resource": {"type": kind, "id": name},
        "context": context,
    }
    return _read(policy, action, cedarpy.is_authorized(request, policy.parsed[action], _NO_ENTITIES))


def _read(policy: Policy, action: str, answer: cedarpy.AuthzResult) -> Decision:
    diagnostics = answer.diagnostics
    named = tuple(sorted(diagnostics.id_annotations_by_reason.values()))
    if diagnostics.errors or answer.decision not in (cedarpy.Decision.Allow, cedarpy.Decision.Deny):
        why = diagnostics.errors[0] if diagnostics.errors else "no decision"
        return Decision(action, False, "", (ERROR,), policy.sha256, why)
    if answer.decision is cedarpy.Decision.Deny:
        return Decision(action, False, "", named or (ERROR,), policy.sha256)
    if named != (PERMITS[action],):
        return Decision(
            action, False, "", (ERROR,), policy.sha256, "allowed by something else than the action's permit"
        )
    return Decision(action, True, named[0], (), policy.sha256)


def _rules(form: dict[str, Any]) -> Mapping[str, Rule]:
    """The rules by id, in the order of the file (Cedar numbers them so)."""
    if form["templates"] or form["templateLinks"]:
        raise Malformed("a policy of ours has no templates", kind="policy-broken")
    found: dict[str, Rule] = {}
    for _, policy in sorted(form["staticPolicies"].items(), key=lambda item: int(item[0].removeprefix("policy"))):
        said = policy.get("annotations", {})
        rule = Rule(said.get("id") or "", policy["effect"], said.get("scope") or "", said.get("text") or "")
        if not rule.id or not rule.text or rule.scope not in SCOPES or rule.id in found:
            raise Malformed(f"a rule lacks a unique @id, a @scope or a @text: {rule.id!r}", kind="policy-broken")
        if (rule.kind == "permit") != (rule.scope == "permit"):
            raise Malformed(f"only a permit has the scope permit: {rule.id}", kind="policy-broken")
        found[rule.id] = rule
    if {rule.id for rule in found.values() if rule.kind == "permit"} != set(PERMITS.values()):
        raise Malformed("a policy has one permit per action", kind="policy-broken")
    return MappingProxyType(found)


def _rules_for(action: str, form: dict[str, Any]) -> cedarpy.PolicySet:
    """The rules that can speak about `action`. A scope that is not a plain list of actions stays as it is."""
    kept = {}
    for name, rule in form["staticPolicies"].items():
        named = _named_actions(rule["action"])
        if named is None:
            kept[name] = rule
        elif action in named:
            kept[name] = {**rule, "action": {"op": "All"}}
    return cedarpy.PolicySet.from_json_str(json.dumps({**form, "staticPolicies": kept}))


def _named_actions(scope: dict[str, Any]) -> set[str] | None:
    """The actions that a scope lists; None when it says anything else than a plain list of ours."""
    if scope.get("op") == "==" and "entity" in scope:
        named = [scope["entity"]]
    elif scope.get("op") == "in" and "entities" in scope:
        named = scope["entities"]
    else:
        return None
    if any(entity.get("type") != "Action" for entity in named):
        return None
    return {entity["id"] for entity in named}
