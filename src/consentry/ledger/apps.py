"""The app of this room."""

from django.apps import AppConfig


class LedgerConfig(AppConfig):
    """See this package's docstring."""

    name = "consentry.ledger"
    label = "ledger"
