"""GET /cells: what anyone may see of where cameras are."""

from typing import Literal

from django.http import HttpRequest, HttpResponse
from ninja import Router, Schema, Status

from consentry.cells.queries import published_cells, version_of_cells
from consentry.cells.types import Band, PublishedCell
from consentry.core.policy import policy

router = Router(tags=["cells"])
Ring = list[tuple[float, float]]


class CellProperties(Schema):
    """`cell`: H3 index. `band`: fewer than 5, 5 to 9, 10 or more consenting places."""

    cell: str
    band: Band


class Geometry(Schema):
    """GeoJSON MultiPolygon, lon and lat in degrees."""

    type: Literal["MultiPolygon"]
    coordinates: list[list[Ring]]


class CellFeature(Schema):
    """One published cell."""

    type: Literal["Feature"]
    id: str
    properties: CellProperties
    geometry: Geometry


class CellCollection(Schema):
    """GeoJSON FeatureCollection of every published cell in force."""

    type: Literal["FeatureCollection"]
    features: list[CellFeature]


@router.get("/cells", response={200: CellCollection, 304: None}, url_name="cells")
@policy("cameras:bands:read")
def list_cells(request: HttpRequest, response: HttpResponse) -> Status[CellCollection | None]:
    """Published cells with their bands; the same for everybody, changed monthly."""
    tag = f'"{version_of_cells()}"'
    response["ETag"], response["Cache-Control"] = tag, "public, max-age=300"
    if request.headers.get("If-None-Match") == tag:
        return Status(304, None)
    features = [_feature(cell) for cell in published_cells()]
    return Status(200, CellCollection(type="FeatureCollection", features=features))


def _feature(cell: PublishedCell) -> CellFeature:
    rings = [[list(ring) for ring in polygon] for polygon in cell.boundary]
    return CellFeature(
        type="Feature", id=cell.cell, properties=CellProperties(cell=cell.cell, band=cell.band),
        geometry=Geometry(type="MultiPolygon", coordinates=rings),
    )  # fmt: skip
