"""The whole table of who hears what, pinned: a change of it is a change of what ends a look."""

from consentry.project.wiring import table


def test_table_of_announcements() -> None:
    said = {
        event.__name__: [f"{handler.__module__.removeprefix('consentry.')}.{handler.__name__}" for handler in handlers]
        for event, handlers in table().items()
    }  # fmt: skip
    assert said == {
        "CallChanged": ["access.handlers.on_call_changed"],
        "CallClosed": ["access.handlers.on_call_closed"],
        "CameraChanged": ["access.handlers.on_camera_changed", "consent.handlers.on_camera_changed"],
        "CameraPaused": ["access.handlers.on_camera_paused"],
        "CameraRemoved": ["consent.handlers.on_camera_removed", "access.handlers.on_camera_removed"],
        "ConsentWithdrawn": ["access.handlers.on_consent_withdrawn"],
        "MandateDisconnected": ["access.handlers.on_mandate_disconnected"],
        "OrderDrawn": ["evidence.handlers.on_order_drawn", "requests.handlers.on_order_drawn"],
        "OrderExecuted": ["evidence.handlers.on_order_executed", "requests.handlers.on_order_executed"],
        "PartitionFrozen": ["cameras.services.register.renew_cells", "neighbors.handlers.on_partition_frozen"],
        "PersonLeft": [
            "access.handlers.on_person_left", "cameras.handlers.on_person_left", "requests.handlers.on_person_left",
            "neighbors.handlers.on_person_left",
        ],
        "ProgrammeChanged": ["consent.handlers.on_programme_changed"],
        "ProgrammeEnded": ["access.handlers.on_programme_ended"],
        "SessionEnded": ["evidence.handlers.on_session_ended"],
        "SessionOpened": ["evidence.handlers.on_session_opened"],
        "StoppedAtEdge": ["access.handlers.on_stopped_at_edge"],
        "TermsChanged": ["access.handlers.on_terms_changed"],
    }  # fmt: skip
