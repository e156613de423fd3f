"""What lower rooms announce changes marks here, in the same transaction. `project/wiring.py` names these."""

from consentry.access.events import SessionEnded, SessionOpened
from consentry.evidence.services.keep import end_mark, follow_session
from consentry.kernel.clock import utc_now


def on_session_opened(event: SessionOpened) -> None:
    """A look that was kept and moved, or got more time, goes on being kept."""
    follow_session(event.session, now=utc_now())


def on_session_ended(event: SessionEnded) -> None:
    """What is not shown any more is not recorded any more."""
    end_mark(event.session, event.reason, now=utc_now())
