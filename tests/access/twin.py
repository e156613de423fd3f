"""The rules of docs/design/access.md in plain Python, written from that page and not from the Cedar text.

`verdict` returns the names of the conditions that do not hold; an empty set is an allow.
"""

from typing import Any

Facts = dict[str, dict[str, Any]]

PURPOSES = {"crime_in_progress", "find_suspect", "find_vehicle", "find_missing_person", "protect_life",
            "officer_safety", "traffic_crash"}  # fmt: skip
ELIGIBLE = {
    "ACTSHOOT", "SHOOT", "STABBING", "ASSAULT", "ROBBERY", "CARJACK", "HOMICIDE", "HOSTAGE", "ABDUCTF", "ABDUCTNF",
    "SEXOFFNS", "BURGLARY", "PROW", "VEHSTLN", "WEAPON", "EXPLOS", "MVAHR", "FSTRU", "PERMISS",
}  # fmt: skip
NEVER = {
    "ALIEN", "CIVDIS", "CRWD", "PHANDLE", "VAG", "NOISE", "PARKING", "PERSUSP", "VEHSUSP", "SUSP", "EDP", "MNTL",
    "WELFARE", "SUICIDE", "SUICTHRT", "JUV", "TRESPASS", "TSTOP", "WARRANT", "911H", "INFO", "ADMIN", "NONEMERG",
}  # fmt: skip
MIN_MS = 60_000


def verdict(action: str, facts: Facts) -> set[str]:
    """Names of failed conditions for one decision."""
    failed = _anybody(facts)
    if action in ("Ask", "LookPrivate", "RenewPrivate", "Extend"):
        failed |= _near_a_crime(action, facts)
    if action in ("Ask", "LookPrivate", "RenewPrivate", "LookPublic", "RenewPublic"):
        failed |= _no({"request.purpose": facts["request"]["purpose"] in PURPOSES})
    if action in ("Ask", "LookPrivate", "LookPublic"):
        failed |= _no({"request.views": 1 <= facts["request"]["views"] <= 5})
    if action in ("LookPrivate", "RenewPrivate"):
        failed |= _owner(action, facts)
    if action in ("LookPublic", "RenewPublic"):
        camera, agency = facts["camera"], facts["asker"]["agency"]
        failed |= _no({
            "asker.camera_agency": agency == camera["agency"] != "", "public.class": camera["class"] == "public",
            "public.paused": not camera["paused"],
        })  # fmt: skip
    if action in ("RenewPrivate", "RenewPublic"):
        running, now = facts["running"], facts["system"]["now_ms"]
        failed |= _no({
            "running.open": running["state"] == "open", "running.time": running["until_ms"] > now,
            "running.viewer": running["viewer"],
        })  # fmt: skip
    if action == "Extend":
        extended, role = facts["extended"], facts["asker"]["role"]
        failed |= _no({
            "extend.open": extended["state"] == "open",
            "extend.supervisor": role == "supervisor" or extended["extensions"] <= 1,
        })  # fmt: skip
    return failed


def _anybody(facts: Facts) -> set[str]:
    asker, system = facts["asker"], facts["system"]
    return _no({
        "asker.role": asker["role"] in {"analyst", "officer", "supervisor"}, "asker.second_factor": asker["mfa"] > 1,
        "system.clock": system["clock_in_order"], "system.log": system["log_reachable"],
    })  # fmt: skip


def _near_a_crime(action: str, facts: Facts) -> set[str]:
    asker, incident, programme = facts["asker"], facts["incident"], facts["programme"]
    now = facts["system"]["now_ms"]
    holds = {
        "asker.agency": asker["agency"] != "" and {asker["agency"]} == {programme["agency"], incident["agency"]},
        "programme.active": programme["state"] == "active",
        "programme.dates": programme["starts_ms"] <= now < programme["ends_ms"],
        "programme.call_type": programme["call_type"],
        "incident.logged": incident["logged"],
        "incident.origin": incident["origin"] == "cad",
        "incident.sound": incident["sound"],
        "incident.unchanged": not incident["changed_by_console"],
        "incident.not_future": incident["reported_ms"] <= now,
        "incident.open": incident["status"] == "open",
        "incident.type_listed": incident["type"] in ELIGIBLE,
        "incident.type_never": incident["type"] not in NEVER,
        "incident.total": incident["access_min"] < 4 * 60,
    }
    if action in ("Ask", "LookPrivate"):
        holds["incident.age"] = now - incident["reported_ms"] <= 120 * MIN_MS
    if action == "LookPrivate":
        most = 10 if incident["second_person"] else 5
        holds["incident.cameras"] = facts["camera"]["counted"] or incident["cameras"] < most
        holds["programme.cameras"] = programme["cameras_left"] > 0
    return _no(holds)


def _owner(action: str, facts: Facts) -> set[str]:
    camera, now = facts["camera"], facts["system"]["now_ms"]
    obliged = camera["participation"] in ("mandated", "condition_of_benefit")
    farthest = min(camera["max_distance_m"], facts["programme"]["max_distance_m"], 800)
    holds = {
        "camera.class": camera["class"] == "private",
        "camera.consent": camera["consent"] == "mandate"
        if obliged
        else camera["participation"] == "voluntary" and camera["consent"] == "given",
        "camera.consent_time": camera["expires_ms"] > now,
        "camera.terms": camera["terms_current"],
        "camera.tier": camera["tier"] == "live",
        "camera.purpose": camera["purpose"],
        "camera.call_type": camera["call_type"],
        "camera.distance": camera["distance_m"] <= farthest,
        "camera.hours": camera["hours"],
        "camera.view": camera["view_attested"],
        "camera.paused": not camera["paused"],
        "camera.stopped": not camera["stopped"],
        "camera.answer": camera["answer"] in ("automatic", "yes"),
    }
    if action == "LookPrivate":
        holds["camera.health"] = camera["health"] == "online"
    return _no(holds)


def _no(holds: dict[str, bool]) -> set[str]:
    return {name for name, held in holds.items() if not held}
