import pytest
from consentry.agencies.models import Agency
@pytest.mark.django_db
def test_x():
    Agency.objects.create(name="x", jurisdiction="us_city")
