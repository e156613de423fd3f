"""An agency, its feed and a way to make calls."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest

from consentry.agencies.models import Agency
from consentry.incidents.services import FeedPlan, add_feed
from consentry.incidents.types import Bounds, Feed, RawCall
from consentry.kernel.geo import Place
from consentry.kernel.ids import AgencyId

NOW = datetime(2026, 11, 22, 20, 0, tzinfo=UTC)
CITY = Bounds(40.9, -40.1, 41.1, -39.9)


@pytest.fixture
def agency(db: None) -> AgencyId:
    """A police department."""
    return AgencyId(Agency.objects.create(name="Port Meridian Police", jurisdiction="us_city").pk)


@pytest.fixture
def other_agency(db: None) -> AgencyId:
    """Another one."""
    return AgencyId(Agency.objects.create(name="Lee Shore Police", jurisdiction="us_city").pk)


@pytest.fixture
def feed(agency: AgencyId) -> Feed:
    """The department's webhook, within the city's box."""
    return add_feed(FeedPlan(agency=agency, name="CAD", kind="webhook", bounds=CITY))


@pytest.fixture
def call() -> Callable[..., RawCall]:
    """A burglary of ten minutes ago, changed as said; `updated` in minutes after the report."""

    def make(*, updated: int = 0, **changes: object) -> RawCall:
        reported = NOW - timedelta(minutes=10)
        fields: dict[str, object] = {
            "number": "26-1",
            "local_type": "BURG IP",
            "common_type": "BURGLARY",
            "status": "open",
            "reported_at": reported,
            "updated_at": reported + timedelta(minutes=updated),
            "place": Place(41.0, -40.0),
            "block": "100 block of OAK ST",
        }
        return RawCall(**{**fields, **changes})  # type: ignore[arg-type] # the test names the fields itself

    return make
