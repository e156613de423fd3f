"""Consents as chains of versions that nobody edits (a trigger refuses it), and mandates, kept apart from them."""

from datetime import timedelta

from django.db import models

from consentry.kernel.limits import MAX_CONSENT_DAYS


class ConsentChain(models.Model):
    """The consents of one camera for one programme, one after another."""

    id = models.TextField(primary_key=True)
    camera = models.ForeignKey("cameras.Camera", on_delete=models.PROTECT, related_name="+")
    programme = models.ForeignKey("agencies.Programme", on_delete=models.PROTECT, related_name="+")
    owner = models.ForeignKey("accounts.Person", on_delete=models.PROTECT, related_name="+")
    started_at = models.DateTimeField(db_comment="UTC")

    class Meta:
        db_table = "consent_chain"
        db_table_comment = "One chain per camera and programme"
        constraints = [models.UniqueConstraint(fields=["camera", "programme"], name="consent_one_chain")]

    def __str__(self) -> str:
        return self.id


class ConsentVersion(models.Model):
    """One link: what was said, under which texts, signed by whom. Never updated, never deleted."""

    id = models.BigAutoField(primary_key=True)
    chain = models.ForeignKey(ConsentChain, on_delete=models.PROTECT, related_name="versions")
    number = models.PositiveIntegerField(db_comment="1, 2, 3 … inside the chain")
    event = models.TextField(db_comment="given, renewed, changed, withdrawn or revoked")
    at = models.DateTimeField(db_comment="UTC")
    expires_at = models.DateTimeField(db_comment="UTC; compared at each decision, no job needed")
    terms = models.TextField(db_comment="Canonical JSON of the terms (kernel/terms.py)")
    terms_sha256 = models.TextField(db_comment="Hex SHA-256 of the terms")
    scope_sha256 = models.TextField(db_comment="Hex SHA-256 of waiver, purposes and agencies as they were offered")
    language = models.TextField(db_comment="Language in which the waiver was read: en, fr or es")
    owner_signature = models.TextField(blank=True, default="", db_comment="Signed owner record; empty for tightening")
    previous_sha256 = models.TextField(blank=True, default="", db_comment="record_sha256 of the version before")
    record_sha256 = models.TextField(db_comment="Hex SHA-256 of this version's record")
    receipt = models.TextField(db_comment="Canonical JSON of the receipt (ISO/IEC TS 27560), as given to the owner")
    receipt_signature = models.TextField(db_comment="Ed25519 of the receipt key over the receipt, base64url")
    ledger_salt = models.BinaryField(db_comment="32 bytes: salt of its commitment in the ledger")

    class Meta:
        db_table = "consent_version"
        db_table_comment = "Append-only versions of consents"
        constraints = [
            models.UniqueConstraint(fields=["chain", "number"], name="consent_version_once"),
            models.CheckConstraint(
                name="consent_known_event",
                condition=models.Q(event__in=["given", "renewed", "changed", "withdrawn", "revoked"]),
            ),
            models.CheckConstraint(
                name="consent_giving_is_signed",
                condition=~models.Q(event__in=["given", "renewed"]) | ~models.Q(owner_signature=""),
            ),
            models.CheckConstraint(
                name="consent_twelve_months",
                condition=models.Q(expires_at__lte=models.F("at") + timedelta(days=MAX_CONSENT_DAYS)),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.chain_id} v{self.number}"


class Mandate(models.Model):
    """An ordinance or a benefit that obliges a camera to connect. Never counted as consent; never edited."""

    id = models.TextField(primary_key=True)
    camera = models.ForeignKey("cameras.Camera", on_delete=models.PROTECT, related_name="+")
    programme = models.ForeignKey("agencies.Programme", on_delete=models.PROTECT, related_name="+")
    participation = models.TextField(db_comment="mandated or condition_of_benefit")
    ordinance_sha256 = models.TextField(db_comment="Hex SHA-256 of the ordinance's text")
    section = models.TextField(db_comment="Section of the ordinance")
    scope = models.TextField(db_comment="What it obliges to, in plain words")
    recorded_by = models.TextField(db_comment="Person id of the manager who recorded it")
    recorded_at = models.DateTimeField(db_comment="UTC")

    class Meta:
        db_table = "consent_mandate"
        db_table_comment = "Obligations to connect, apart from consents"
        constraints = [
            models.CheckConstraint(
                name="consent_mandate_kind",
                condition=models.Q(participation__in=["mandated", "condition_of_benefit"]),
            ),
        ]

    def __str__(self) -> str:
        return self.id


class Mask(models.Model):
    """What an owner hides in a camera's picture. The terms name it by its hash; nobody but the owner reads it here."""

    id = models.BigAutoField(primary_key=True)
    camera = models.ForeignKey("cameras.Camera", on_delete=models.PROTECT, related_name="+")
    sha256 = models.TextField(db_comment="Hex SHA-256 of the record, as the terms name it")
    record = models.TextField(db_comment="Canonical JSON of the mask (kernel/mask.py)")

    class Meta:
        db_table = "consent_mask"
        db_table_comment = "What owners hide in their pictures; shown to the owner, sent to the edge"
        constraints = [models.UniqueConstraint(fields=["camera", "sha256"], name="consent_mask_once")]

    def __str__(self) -> str:
        return self.sha256


class MandateTerms(models.Model):
    """What the owner of an obliged camera said: connected, changed, disconnected. Not a consent; never edited."""

    id = models.BigAutoField(primary_key=True)
    mandate = models.ForeignKey(Mandate, on_delete=models.PROTECT, related_name="connections")
    event = models.TextField(default="connected", db_comment="connected, changed or disconnected")
    number = models.PositiveIntegerField(db_comment="Version of the camera's terms; rises over all its programmes")
    at = models.DateTimeField(db_comment="UTC")
    expires_at = models.DateTimeField(db_comment="UTC; compared at each decision, no job needed")
    terms = models.TextField(db_comment="Canonical JSON of the terms (kernel/terms.py)")
    terms_sha256 = models.TextField(db_comment="Hex SHA-256 of the terms")
    owner_signature = models.TextField(blank=True, default="", db_comment="Signed terms.loosen; empty for tightening")
    ledger_salt = models.BinaryField(default=b"", db_comment="32 bytes: salt of its commitment in the ledger")

    class Meta:
        db_table = "consent_mandate_terms"
        db_table_comment = "Terms under which owners connected obliged cameras, apart from consents"
        constraints = [
            models.UniqueConstraint(fields=["mandate", "number"], name="consent_mandate_terms_once"),
            models.CheckConstraint(
                name="consent_mandate_terms_event",
                condition=models.Q(event__in=["connected", "changed", "disconnected"]),
            ),
            models.CheckConstraint(
                name="consent_mandate_terms_signed",
                condition=~models.Q(event="connected") | ~models.Q(owner_signature=""),
            ),
            models.CheckConstraint(
                name="consent_mandate_twelve_months",
                condition=models.Q(expires_at__lte=models.F("at") + timedelta(days=MAX_CONSENT_DAYS)),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.mandate_id} v{self.number}"
