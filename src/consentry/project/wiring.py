"""Who hears what a lower room announces, in which order; all inside the announcing transaction."""

from importlib import import_module

from consentry.access import handlers as access
from consentry.access import queries as access_queries
from consentry.access.events import SessionEnded, SessionOpened
from consentry.access.publish import find_version
from consentry.accounts.events import PersonLeft
from consentry.agencies.events import ProgrammeChanged, ProgrammeEnded
from consentry.cameras import handlers as cameras
from consentry.cameras.events import CameraChanged, CameraPaused, CameraRemoved, StoppedAtEdge
from consentry.cameras.services import renew_cells
from consentry.cameras.trust import GatewayAddress, Providers
from consentry.cells.events import PartitionFrozen
from consentry.consent import handlers as consent
from consentry.consent.events import ConsentWithdrawn, MandateDisconnected, TermsChanged
from consentry.core.announcements import Handler
from consentry.core.personal import RoomData
from consentry.evidence import handlers as evidence
from consentry.incidents.events import CallChanged, CallClosed
from consentry.kernel.clock import utc_now
from consentry.neighbors import handlers as neighbors
from consentry.orders.events import OrderDrawn, OrderExecuted
from consentry.requests import handlers as requests


def table() -> dict[type, tuple[Handler, ...]]:
    """Events of lower rooms → handlers of higher ones, first to last. What ends looks always comes first."""
    return {
        CallChanged: (access.on_call_changed,),
        CallClosed: (access.on_call_closed,),
        CameraChanged: (access.on_camera_changed, consent.on_camera_changed),
        CameraPaused: (access.on_camera_paused,),
        # Consents first, which ends looks under them: who opens a look takes their locks before the camera's.
        CameraRemoved: (consent.on_camera_removed, access.on_camera_removed),
        ConsentWithdrawn: (access.on_consent_withdrawn,),
        MandateDisconnected: (access.on_mandate_disconnected,),
        OrderDrawn: (evidence.on_order_drawn, requests.on_order_drawn),
        OrderExecuted: (evidence.on_order_executed, requests.on_order_executed),
        PartitionFrozen: (renew_cells, neighbors.on_partition_frozen),
        PersonLeft: (
            access.on_person_left,
            cameras.on_person_left,
            requests.on_person_left,
            neighbors.on_person_left,
        ),
        ProgrammeChanged: (consent.on_programme_changed,),
        ProgrammeEnded: (access.on_programme_ended,),
        SessionEnded: (evidence.on_session_ended,),
        SessionOpened: (evidence.on_session_opened,),
        StoppedAtEdge: (access.on_stopped_at_edge,),
        TermsChanged: (access.on_terms_changed,),
    }


def personal_rooms() -> tuple[RoomData, ...]:
    """What each room holds of a person, lowest room first; a room that holds nothing of anybody is not here."""
    names = (
        "accounts", "notices", "cameras", "consent", "orders", "access", "evidence", "requests", "home", "neighbors",
    )  # fmt: skip
    return tuple(import_module(f"consentry.{name}.personal").PERSONAL for name in names)


def trust_providers() -> Providers:
    """Where `cameras` gets what an edge pins and only higher rooms know."""
    return Providers(policies=_policies, gateways=_gateways)


def _policies() -> tuple[str, ...]:
    version = find_version(utc_now())
    return () if version is None else (version.sha256,)


def _gateways() -> tuple[GatewayAddress, ...]:
    return tuple(GatewayAddress(known.id, f"{known.url}/edge") for known in access_queries.gateways())
