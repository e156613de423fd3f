"""Disclosures: which items one recipient may see until when, and each opening with its receipt."""

from django.db import models

from consentry.evidence.models.items import Item
from consentry.evidence.types import RECIPIENTS


class Disclosure(models.Model):
    """One recipient's link. Neither its secret nor its pass-phrase can be read back from here."""

    id = models.TextField(primary_key=True, db_comment="DisclosureId")
    agency = models.TextField(db_comment="AgencyId")
    case = models.ForeignKey("evidence.Case", null=True, on_delete=models.PROTECT, related_name="disclosures")
    recipient = models.TextField(db_comment="Whom it is for, as it stands in receipt and bag")
    recipient_kind = models.TextField(db_comment="court, defence, other or prosecution")
    with_original = models.BooleanField(db_comment="May the original be downloaded")
    secret_sha256 = models.TextField(unique=True, db_comment="Hex, of the link's secret")
    passphrase = models.TextField(db_comment="Salted hash of the pass-phrase (Django's hashers)")
    wrong_tries = models.PositiveIntegerField(default=0, db_comment="Wrong pass-phrases since the last right one")
    locked_until = models.DateTimeField(null=True, db_comment="UTC")
    phrase_ended_at = models.DateTimeField(null=True, db_comment="UTC, when the recipient chose passkeys alone")
    made_by = models.TextField(db_comment="PersonId")
    made_at = models.DateTimeField(db_comment="UTC")
    expires_at = models.DateTimeField(db_comment="UTC; compared at each request, no job needed")
    revoked_at = models.DateTimeField(null=True, db_comment="UTC")
    revoked_by = models.TextField(blank=True, db_comment="PersonId")
    record = models.TextField(db_comment="Canonical JSON that export.create commits to")
    salt = models.BinaryField(db_comment="32 bytes: salt of its commitment in the ledger")

    class Meta:
        db_table = "evidence_disclosure"
        db_table_comment = "Items shown to one recipient"
        constraints = [
            models.CheckConstraint(
                condition=models.Q(recipient_kind__in=RECIPIENTS), name="evidence_disclosure_recipient_known"
            ),
            models.CheckConstraint(
                condition=models.Q(recipient_kind="other") | models.Q(with_original=True),
                name="evidence_disclosure_equal_rights",
            ),
        ]
        indexes = [models.Index(fields=["agency", "-made_at"], name="evidence_disclosure_newest")]

    def __str__(self) -> str:
        return self.id


class DisclosedItem(models.Model):
    """An item of a disclosure, with the manifest's hash that the recipient signs for."""

    disclosure = models.ForeignKey(Disclosure, on_delete=models.PROTECT, related_name="places")
    item = models.ForeignKey(Item, on_delete=models.PROTECT, related_name="disclosed")
    number = models.PositiveIntegerField(db_comment="From 0, in the order of the disclosure")
    payload_sha256 = models.TextField(db_comment="Hex, of the manifest's payload when it was disclosed")

    class Meta:
        db_table = "evidence_disclosed_item"
        db_table_comment = "Which items a disclosure shows"
        constraints = [
            models.UniqueConstraint(fields=["disclosure", "item"], name="evidence_disclosed_once"),
            models.UniqueConstraint(fields=["disclosure", "number"], name="evidence_disclosed_order"),
        ]

    def __str__(self) -> str:
        return f"{self.disclosure_id} {self.number}"


class DisclosurePasskey(models.Model):
    """A passkey of the recipient; it opens this disclosure and nothing else."""

    id = models.BigAutoField(primary_key=True)
    disclosure = models.ForeignKey(Disclosure, on_delete=models.PROTECT, related_name="passkeys")
    credential = models.TextField(db_comment="Base64url, the authenticator's name for it")
    public_key = models.BinaryField(db_comment="65-byte point of P-256")
    rp_id = models.TextField(db_comment="The site that it was made for")
    made_at = models.DateTimeField(db_comment="UTC")

    class Meta:
        db_table = "evidence_disclosure_passkey"
        db_table_comment = "Recipients' passkeys"
        constraints = [
            models.UniqueConstraint(fields=["disclosure", "credential"], name="evidence_disclosure_passkey_once")
        ]

    def __str__(self) -> str:
        return f"{self.disclosure_id} {self.id}"


class DisclosureChallenge(models.Model):
    """What a passkey is to sign for one disclosure, once and soon."""

    challenge_sha256 = models.TextField(primary_key=True)
    disclosure = models.ForeignKey(Disclosure, on_delete=models.CASCADE, related_name="+")
    ends_at = models.DateTimeField(db_comment="UTC")

    class Meta:
        db_table = "evidence_disclosure_challenge"
        db_table_comment = "Challenges for recipients' passkeys"
        indexes = [models.Index(fields=["ends_at"], name="evidence_challenge_old")]

    def __str__(self) -> str:
        return self.challenge_sha256


class DisclosureNonce(models.Model):
    """The right pass-phrase was given, or a passkey signed; the receipt must bear this nonce, once and soon."""

    nonce_sha256 = models.TextField(primary_key=True)
    disclosure = models.ForeignKey(Disclosure, on_delete=models.CASCADE, related_name="+")
    ends_at = models.DateTimeField(db_comment="UTC")
    passkey = models.ForeignKey(
        DisclosurePasskey, null=True, on_delete=models.CASCADE, related_name="+", db_comment="Null: by pass-phrase"
    )

    class Meta:
        db_table = "evidence_disclosure_nonce"
        db_table_comment = "Nonces for receipts"
        indexes = [models.Index(fields=["ends_at"], name="evidence_nonce_old")]

    def __str__(self) -> str:
        return self.nonce_sha256


class DisclosureOpening(models.Model):
    """The recipient opened it: the receipt, and the browser that may look until `ends_at`."""

    id = models.BigAutoField(primary_key=True)
    disclosure = models.ForeignKey(Disclosure, on_delete=models.PROTECT, related_name="openings")
    at = models.DateTimeField(db_comment="UTC")
    receipt = models.TextField(db_comment="The signed receipt as it came (docs/spec/disclosure.md)")
    salt = models.BinaryField(db_comment="32 bytes: salt of its commitment in the ledger")
    ledger_key = models.TextField(db_comment="Key of its export.open")
    token_sha256 = models.TextField(unique=True, db_comment="Hex, of the browser's cookie")
    ends_at = models.DateTimeField(db_comment="UTC")
    passkey = models.ForeignKey(
        DisclosurePasskey, null=True, on_delete=models.PROTECT, related_name="openings",
        db_comment="Which one was used; null: by pass-phrase",
    )  # fmt: skip

    class Meta:
        db_table = "evidence_disclosure_opening"
        db_table_comment = "Openings of disclosures with their receipts"

    def __str__(self) -> str:
        return f"{self.disclosure_id} {self.at}"
