"""What this room holds of a person: acts of office alone. A resident's file bears a tag here, never who sent it."""

from consentry.core.personal import RoomData, of_office

PERSONAL = RoomData(
    "evidence",
    of_office(
        "Act.person", "Case.made_by", "CaseItem.added_by", "Disclosure.made_by", "Disclosure.revoked_by",
        "Export.person", "Hold.cleared_by", "Hold.first_by", "Hold.set_by", "Mark.person", "Note.person",
        "Redaction.made_by", "Redaction.released_by", "RedactionLook.person", "Upload.person",
    ),
)  # fmt: skip
