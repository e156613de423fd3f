"""Every action of the system, alphabetical, `room:noun:verb`, and the roles that may try it.

This is the outer door (role, second factor). Which object, and for looks the policy, is decided inside the room.
An action that is missing here fails when its module is imported.
"""

from dataclasses import dataclass
from typing import Final

from consentry.kernel.roles import Role

ANYONE: Final = "anyone"
SIGNED_IN: Final = "signed-in"


@dataclass(frozen=True)
class Permission:
    """Who may try an action: `ANYONE`, `SIGNED_IN`, or one of `roles`; agency roles always need the second factor."""

    audience: str = "roles"
    roles: frozenset[Role] = frozenset()


def _public() -> Permission:
    return Permission(audience=ANYONE)


def _signed_in() -> Permission:
    return Permission(audience=SIGNED_IN)


def _roles(*roles: Role) -> Permission:
    return Permission(roles=frozenset(roles))


_ASKERS = (Role.ANALYST, Role.OFFICER, Role.SUPERVISOR)

PERMISSIONS: Final[dict[str, Permission]] = {
    "access:ask:agree": _roles(Role.SUPERVISOR),
    "access:ask:create": _roles(*_ASKERS),
    "access:ask:read": _roles(*_ASKERS, Role.AUDITOR),
    "access:decision:read": _roles(Role.AUDITOR),
    "access:decision:replay": _roles(Role.AUDITOR),
    "access:flag:answer": _roles(Role.AUDITOR),
    "access:flag:read": _roles(Role.AUDITOR),
    "access:grant:close": _roles(*_ASKERS),
    "access:grant:extend": _roles(*_ASKERS),
    "access:policy:read": _public(),
    "accounts:agency_person:disable": _roles(Role.MANAGER),
    "accounts:agency_person:invite": _roles(Role.MANAGER),
    "accounts:agency_person:list": _roles(Role.MANAGER, Role.AUDITOR),
    "accounts:deletion:make": _signed_in(),
    "accounts:deletion:read": _signed_in(),
    "accounts:personal_export:ask": _signed_in(),
    "accounts:personal_export:read": _signed_in(),
    "accounts:session:change": _signed_in(),
    "accounts:session:read": _public(),
    "agencies:programme:change": _roles(Role.MANAGER),
    "agencies:programme:list": _roles(Role.MANAGER, Role.AUDITOR, *_ASKERS),
    "agencies:programme:read": _public(),
    "cameras:bands:read": _public(),
    "cameras:camera:change": _roles(Role.OWNER),
    "cameras:camera:read": _roles(Role.OWNER),
    "cameras:camera:register": _roles(Role.OWNER),
    "cameras:camera:remove": _roles(Role.OWNER),
    "cameras:camera:test": _roles(Role.OWNER),
    "cameras:edge:meet": _public(),
    "cameras:edge:message": _public(),
    "cameras:edge:pair": _public(),
    "cameras:edge:prepare": _roles(Role.OWNER),
    "cameras:edge:read": _roles(Role.OWNER),
    "cameras:edge:remove": _roles(Role.OWNER),
    "cameras:mobile_place:list": _roles(*_ASKERS, Role.AUDITOR, Role.MANAGER),
    "cameras:owner_key:change": _roles(Role.OWNER),
    "cameras:owner_key:read": _roles(Role.OWNER),
    "cameras:public_camera:list": _roles(*_ASKERS, Role.AUDITOR, Role.MANAGER),
    "cameras:public_camera:push": _roles(Role.MANAGER, Role.OFFICER, Role.SUPERVISOR),
    "cameras:public_camera:register": _roles(Role.MANAGER),
    "cameras:public_camera:sound": _roles(Role.MANAGER),
    "cameras:public_camera:sub_stream": _roles(Role.MANAGER),
    "cameras:public_camera:turning": _roles(Role.MANAGER),
    "cells:city:read": _public(),
    "consent:consent:give": _roles(Role.OWNER),
    "consent:consent:read": _roles(Role.OWNER),
    "consent:consent:renew": _roles(Role.OWNER),
    "consent:consent:withdraw": _roles(Role.OWNER),
    "consent:mandate:connect": _roles(Role.OWNER),
    "consent:mandate:disconnect": _roles(Role.OWNER),
    "consent:mandate:list": _roles(Role.MANAGER, Role.AUDITOR),
    "consent:mandate:read": _roles(Role.OWNER),
    "consent:mandate:record": _roles(Role.MANAGER),
    "consent:terms:change": _roles(Role.OWNER),
    "consent:waiver:read": _public(),
    "core:events:listen": _signed_in(),
    "core:health:read": _public(),
    "demo:door:enter": _public(),
    "evidence:case:change": _roles(*_ASKERS),
    "evidence:case:list": _roles(*_ASKERS, Role.AUDITOR),
    "evidence:disclosed:open": _public(),
    "evidence:disclosed:read": _public(),
    "evidence:disclosure:list": _roles(Role.SUPERVISOR, Role.AUDITOR),
    "evidence:disclosure:make": _roles(Role.SUPERVISOR),
    "evidence:disclosure:revoke": _roles(Role.SUPERVISOR),
    "evidence:export:list": _roles(*_ASKERS, Role.AUDITOR),
    "evidence:export:make": _roles(*_ASKERS),
    "evidence:export:read": _roles(*_ASKERS),
    "evidence:hold:clear": _roles(Role.SUPERVISOR, Role.AUDITOR),
    "evidence:hold:set": _roles(Role.SUPERVISOR, Role.AUDITOR),
    "evidence:item:change": _roles(*_ASKERS),
    "evidence:item:list": _roles(*_ASKERS, Role.AUDITOR),
    "evidence:item:play": _roles(*_ASKERS),
    "evidence:redaction:change": _roles(*_ASKERS),
    "evidence:redaction:list": _roles(*_ASKERS, Role.AUDITOR),
    "evidence:redaction:make": _roles(*_ASKERS),
    "evidence:redaction:release": _roles(*_ASKERS),
    "evidence:redaction:review": _roles(*_ASKERS),
    "evidence:redaction:show": _roles(*_ASKERS),
    "evidence:trust:read": _public(),
    "evidence:upload:make": _roles(*_ASKERS),
    "home:ask:answer": _roles(Role.OWNER),
    "home:ask:read": _roles(Role.OWNER),
    "home:camera:look": _roles(Role.OWNER),
    "home:camera:pause": _roles(Role.OWNER),
    "home:camera:read": _roles(Role.OWNER),
    "home:edge:find": _roles(Role.OWNER),
    "home:event:hear": _roles(Role.OWNER),
    "home:event:read": _roles(Role.OWNER),
    "home:guest:invite": _roles(Role.OWNER),
    "home:guest:join": _roles(Role.OWNER),
    "home:guest:read": _roles(Role.OWNER),
    "home:guest:share": _roles(Role.OWNER),
    "home:look:flag": _roles(Role.OWNER),
    "home:look:read": _roles(Role.OWNER),
    "home:look:stop": _roles(Role.OWNER),
    "incidents:call:push": _public(),
    "incidents:feed:change": _roles(Role.MANAGER),
    "incidents:feed:list": _roles(Role.MANAGER, Role.AUDITOR),
    "incidents:incident:list": _roles(*_ASKERS, Role.AUDITOR),
    "incidents:quarantine:list": _roles(Role.MANAGER, Role.AUDITOR),
    "ledger:checkpoint:read": _public(),
    "ledger:entry:read": _public(),
    "live:gateway:control": _public(),
    "live:gateway:report": _public(),
    "live:gateway:segment": _public(),
    "live:session:end": _roles(*_ASKERS),
    "live:session:keep": _roles(*_ASKERS),
    "live:session:move": _roles(*_ASKERS),
    "live:session:open": _roles(*_ASKERS),
    "live:session:read": _roles(*_ASKERS),
    "live:session:renew": _roles(*_ASKERS),
    "neighbors:agency_post:list": _roles(*_ASKERS, Role.MANAGER),
    "neighbors:agency_post:write": _roles(*_ASKERS, Role.MANAGER),
    "neighbors:alert:issue": _roles(Role.SUPERVISOR, Role.MANAGER),
    "neighbors:alert:read": _public(),
    "neighbors:comment:write": _roles(Role.OWNER),
    "neighbors:follow:change": _roles(Role.OWNER),
    "neighbors:follow:read": _roles(Role.OWNER),
    "neighbors:guideline:read": _public(),
    "neighbors:mask:ask": _roles(Role.OWNER),
    "neighbors:picture:read": _signed_in(),
    "neighbors:picture:send": _roles(Role.OWNER),
    "neighbors:post:appeal": _roles(Role.OWNER),
    "neighbors:post:read": _signed_in(),
    "neighbors:post:report": _signed_in(),
    "neighbors:post:thank": _roles(Role.OWNER),
    "neighbors:post:write": _roles(Role.OWNER),
    "neighbors:review:decide": _roles(Role.MODERATOR),
    "neighbors:review:list": _roles(Role.MODERATOR),
    "notices:letter:stop": _public(),
    "notices:notice:read": _signed_in(),
    "notices:wish:change": _signed_in(),
    "notices:wish:read": _signed_in(),
    "orders:document:read": _roles(*_ASKERS, Role.AUDITOR, Role.MANAGER),
    "orders:identity:read": _roles(Role.SUPERVISOR),
    "orders:order:draw": _roles(Role.MANAGER, Role.SUPERVISOR),
    "orders:order:execute": _roles(Role.SUPERVISOR),
    "orders:order:read": _roles(*_ASKERS, Role.AUDITOR, Role.MANAGER),
    "orders:order:review": _roles(Role.AUDITOR, Role.MANAGER, Role.SUPERVISOR),
    "orders:served:answer": _roles(Role.OWNER),
    "orders:served:read": _roles(Role.OWNER),
    "requests:answer:box": _public(),
    "requests:answer:list": _roles(*_ASKERS, Role.AUDITOR),
    "requests:answer:settle": _roles(*_ASKERS),
    "requests:inbox:answer": _roles(Role.OWNER),
    "requests:inbox:read": _roles(Role.OWNER),
    "requests:request:make": _roles(*_ASKERS),
    "requests:request:read": _roles(*_ASKERS, Role.AUDITOR),
    "requests:request:resolve": _roles(*_ASKERS),
    "requests:wish:change": _roles(Role.OWNER),
    "requests:wish:read": _roles(Role.OWNER),
    "transparency:area:read": _public(),
    "transparency:feed:list": _public(),
    "transparency:look:list": _public(),
    "transparency:order:list": _public(),
    "transparency:overview:read": _public(),
    "transparency:request:list": _public(),
}
