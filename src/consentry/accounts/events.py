"""What accounts announces to higher rooms."""

from dataclasses import dataclass
from datetime import datetime

from consentry.kernel.ids import PersonId


@dataclass(frozen=True)
class PersonLeft:
    """An account is being deleted: close every door of theirs now. What is held of them is erased afterwards."""

    person: PersonId
    at: datetime
