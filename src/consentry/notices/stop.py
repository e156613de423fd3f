"""The word in each letter that stops letters, without signing in (RFC 8058). It can do nothing else.

It stands in an address, against our habit, because a mail program has nothing but the address of `List-Unsubscribe`
to post to. So it names one delivery, is worth nothing but fewer letters, and ends with that row after 90 days.
"""

from django.db import transaction
from django.utils.crypto import constant_time_compare, salted_hmac

from consentry.kernel.errors import NotFound
from consentry.notices.models import Delivery, Mute, Wish
from consentry.notices.types import Channel

PROOF_CHARS = 32
MAX_CODE_CHARS = 60


def stop_code(delivery: int) -> str:
    """The word of the letter that is delivery number `delivery`: its number and 128 bits of our proof, hexadecimal."""
    return f"{delivery:x}-{_proof(delivery)}"


@transaction.atomic
def stop_letters(code: str, *, of_kind_only: bool = False) -> str:
    """The person who got this letter gets no more, or no more of its kind. Returns the kind. Twice is once.

    Raises NotFound for a word that we did not make, or of a letter that is forgotten.
    """
    row = _delivery_of(code)
    person, kind = row.notice.person_id, row.notice.kind
    if of_kind_only:
        Mute.objects.get_or_create(person_id=person, kind=kind, channel=Channel.EMAIL, object_id="")
    else:
        Wish.objects.filter(person=person).update(by_email=False)
    return kind


def kind_of_letter(code: str) -> str:
    """Of which kind the letter was; changes nothing. Raises NotFound as above."""
    return _delivery_of(code).notice.kind


def _delivery_of(code: str) -> Delivery:
    number, _, proof = code.partition("-")
    try:
        delivery = int(number, 16)
    except ValueError:
        delivery = -1
    if 0 <= delivery < 1 << 63 and code.isascii() and constant_time_compare(proof, _proof(delivery)):
        row = Delivery.objects.filter(id=delivery, subscription=None).select_related("notice").first()
        if row is not None:
            return row
    raise NotFound("no such letter", kind="letter-unknown")


def _proof(delivery: int) -> str:
    return salted_hmac("consentry.notices.stop", str(delivery), algorithm="sha256").hexdigest()[:PROOF_CHARS]
