"""GET /city: the map's name, box and source."""

from pathlib import Path

from django.conf import settings
from django.http import HttpRequest
from ninja import Router, Schema

from consentry.core.policy import policy
from consentry.project.city.basemap import read_city

router = Router(tags=["city"])


class CityOut(Schema):
    """`bounds`: south, west, north, east; `centre`: lat, lon (degrees); `basemap`: where the PMTiles file is."""

    name: str
    attribution: str
    bounds: tuple[float, float, float, float]
    centre: tuple[float, float]
    basemap: str


@router.get("/city", response=CityOut)
@policy("cells:city:read")
def read(request: HttpRequest) -> CityOut:  # noqa: ARG001 ninja hands the request over
    """The city that is drawn; not found until one is imported."""
    return CityOut.model_validate(vars(read_city(Path(settings.DATA) / "city")))
