"""The public record is read over the ledger's own test log."""

from tests.ledger.conftest import data, sequencer, sequencer_settings

__all__ = ["data", "sequencer", "sequencer_settings"]
