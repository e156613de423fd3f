"""What allauth asks us: who may open an account, and how secrets of second factors are kept."""

from allauth.account.adapter import DefaultAccountAdapter
from allauth.mfa.adapter import DefaultMFAAdapter
from django.http import HttpRequest

from consentry.core.at_rest import open_at_rest, seal_at_rest
from consentry.kernel.canonical import from_b64, to_b64

_CONTEXT = "consentry-second-factor-v1"


class AccountAdapter(DefaultAccountAdapter):
    """allauth's account adapter: residents may sign up by themselves, agency people are invited."""

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
