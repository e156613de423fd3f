"""What allauth asks us: who may open an account, what its e-mails say, how secrets of second factors are kept."""

import logging
from typing import Any

from allauth.account.adapter import DefaultAccountAdapter
from allauth.mfa.adapter import DefaultMFAAdapter
from django.contrib.auth.base_user import AbstractBaseUser
from django.core.mail import EmailMessage
from django.http import HttpRequest
from django.utils.translation import get_language

from consentry.accounts.mail import compose
from consentry.accounts.models import Person
from consentry.accounts.rules import spoken
from consentry.core.at_rest import open_at_rest, seal_at_rest
from consentry.kernel.canonical import from_b64, to_b64

logger = logging.getLogger(__name__)

_CONTEXT = "consentry-second-factor-v1"


class AccountAdapter(DefaultAccountAdapter):
    """allauth's account adapter: residents may sign up by themselves, agency people are invited."""

    def new_user(self, request: HttpRequest) -> Person:  # noqa: ARG002 allauth names it
        """A new resident is spoken to in the language in which they came."""
        return Person(language=spoken(get_language()))

    def render_mail(
        self, template_prefix: str, email: str | list[str], context: dict[str, Any],
        headers: dict[str, str] | None = None,  # noqa: ARG002 allauth names it
    ) -> EmailMessage:  # fmt: skip
        """Our own e-mail for each of allauth's: `template_prefix` ends in its name, `context` may hold a code."""
        address = email if isinstance(email, str) else email[0]
        return compose(template_prefix.rpartition("/")[2], address, str(context.get("code", "")))

    def send_notification_mail(
        self, template_prefix: str, user: AbstractBaseUser, context: dict[str, Any] | None = None,
        email: str | None = None,
    ) -> None:  # fmt: skip
        """Tell somebody that how they sign in was changed; a mail server that is away does not undo the change."""
        try:
            super().send_notification_mail(template_prefix, user, context, email)
        except OSError:  # smtplib's errors are of this kind
            logger.exception("no e-mail could be sent about a change of an account")

    def is_open_for_signup(self, request: HttpRequest) -> bool:  # noqa: ARG002 allauth names it
        """Anybody may become a resident; a seat in an agency is given by its manager only."""
        return True


class FactorAdapter(DefaultMFAAdapter):
    """allauth's adapter of second factors: what the database holds of an authenticator app or code is sealed."""

    def encrypt(self, text: str) -> str:
        """The secret as it is stored, base64url."""
        return to_b64(seal_at_rest("factors", text.encode(), context=_CONTEXT))

    def decrypt(self, encrypted_text: str) -> str:
        """The secret; Untrusted when it was not sealed here."""
        return open_at_rest("factors", from_b64(encrypted_text), context=_CONTEXT).decode()
