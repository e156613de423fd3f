"""The app of this room."""

from django.apps import AppConfig


class AccountsConfig(AppConfig):
    """See this package's docstring."""

    name = "consentry.accounts"
    label = "accounts"
