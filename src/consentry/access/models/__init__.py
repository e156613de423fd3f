"""Policies published, decisions with their facts, asks and candidates, grants, sessions, gateways.

Ids of cameras, incidents, programmes and agencies are texts: their rooms own the rows, this one the record of a look.
"""

from consentry.access.models.asks import Ask, Candidate, Draw
from consentry.access.models.decisions import DecisionRecord, PolicyVersion
from consentry.access.models.gateways import CameraLease, EdgeLink, Gateway
from consentry.access.models.grants import Grant, Session, Stop
from consentry.access.models.officers import LookFlag, OfficerNumber

__all__ = [
    "Ask",
    "CameraLease",
    "Candidate",
    "DecisionRecord",
    "Draw",
    "EdgeLink",
    "Gateway",
    "Grant",
    "LookFlag",
    "OfficerNumber",
    "PolicyVersion",
    "Session",
    "Stop",
]
