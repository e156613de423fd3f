"""The only writer of consents and mandates. One file per verb."""

from consentry.consent.services.change import change_terms, renew
from consentry.consent.services.connect import connect_mandated
from consentry.consent.services.disconnect import disconnect_mandated, end_connections
from consentry.consent.services.give import give_consent
from consentry.consent.services.mandate import record_mandate
from consentry.consent.services.resend import send_terms_again
from consentry.consent.services.snapshot import snapshot_bands
from consentry.consent.services.withdraw import revoke_consent, withdraw

__all__ = [
    "change_terms",
    "connect_mandated",
    "disconnect_mandated",
    "end_connections",
    "give_consent",
    "record_mandate",
    "renew",
    "revoke_consent",
    "send_terms_again",
    "snapshot_bands",
    "withdraw",
]
