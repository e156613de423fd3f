"""Decide and keep: every decision is stored with the facts it was made on, so that an auditor can replay it."""

import json
from collections.abc import Iterable
from dataclasses import dataclass

from consentry.access import models
from consentry.access.facts import Context
from consentry.access.gather import Situation
from consentry.access.policy import Decision, Policy, decide
from consentry.kernel.canonical import canonical_json


@dataclass(frozen=True)
class Decided:
    """One decision with what it was about: entity type and id, and the facts."""

    decision: Decision
    resource: tuple[str, str]
    context: Context


def decide_on(
    policy: Policy | None, action: str, situation: Situation, resource: tuple[str, str], context: Context
) -> Decided:
    """Decide `action` on `resource` for the situation's asker."""
    found = decide(policy, action, who=situation.who.person, resource=resource, context=context)
    return Decided(found, resource, context)


def keep_decisions(decided: Iterable[Decided], situation: Situation, *, ask: str = "") -> None:
    """Store decisions in the caller's transaction."""
    keep_for(((item, ask) for item in decided), situation)


def keep_for(decided: Iterable[tuple[Decided, str]], situation: Situation) -> None:
    """The same, each with the ask that it belongs to ("" for none), in one statement."""
    incident = "" if situation.incident is None else situation.incident.id
    models.DecisionRecord.objects.bulk_create(
        models.DecisionRecord(
            at=situation.now, action=item.decision.action, person=situation.who.person, agency=situation.who.agency,
            resource_kind=item.resource[0], resource=item.resource[1], incident=incident, ask=ask,
            allowed=item.decision.allowed, rule=item.decision.rule, failed=list(item.decision.failed),
            error=item.decision.error, policy_sha256=item.decision.policy_sha256,
            facts=canonical_json(item.context).decode(),
        )
        for item, ask in decided
    )  # fmt: skip


def replay(row: models.DecisionRecord, policy: Policy | None) -> Decision:
    """Decide again on the facts that were kept, under the policy of that day."""
    context: Context = json.loads(row.facts)
    return decide(policy, row.action, who=row.person, resource=(row.resource_kind, row.resource), context=context)
