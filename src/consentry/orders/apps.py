"""The app of this room."""

from django.apps import AppConfig


class OrdersConfig(AppConfig):
    """See this package's docstring."""

    name = "consentry.orders"
    label = "orders"
