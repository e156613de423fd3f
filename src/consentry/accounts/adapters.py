"""What allauth asks us: who may sign in, what an account starts with, what its e-mails say."""

from typing import Any

from allauth.account.adapter import DefaultAccountAdapter
from django.http import HttpRequest, HttpResponse

from consentry.accounts.models import Person


class AccountAdapter(DefaultAccountAdapter):
    """allauth's account adapter: residents may sign up by themselves, agency people are invited."""

    def is_open_for_signup(self, request: HttpRequest) -> bool:
        """Anybody may become a resident; a seat in an agency is given by its manager only."""
        return True
