"""How a home wants to be asked."""

from consentry.kernel.errors import Malformed
from consentry.kernel.ids import PersonId
from consentry.kernel.limits_residents import MAX_REQUESTS_PER_HOME_WEEK
from consentry.requests import models
from consentry.requests.types import Wishes


def set_wishes(person: PersonId, wishes: Wishes) -> None:
    """Keep how `person` wants to be asked from now on; Malformed for more than 3 requests a week."""
    if not 0 <= wishes.most_per_week <= MAX_REQUESTS_PER_HOME_WEEK:
        raise Malformed(f"0 to {MAX_REQUESTS_PER_HOME_WEEK} requests a week")
    models.Wish.objects.update_or_create(person_id=person, defaults=dict(vars(wishes)))
