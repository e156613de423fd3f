"""What allauth asks us: who may open an account."""

from allauth.account.adapter import DefaultAccountAdapter
from django.http import HttpRequest


class AccountAdapter(DefaultAccountAdapter):
    """allauth's account adapter: residents may sign up by themselves, agency people are invited."""

    def is_open_for_signup(self, request: HttpRequest) -> bool:  # noqa: ARG002 allauth names it
        """Anybody may become a resident; a seat in an agency is given by its manager only."""
        return True
