"""GeoJSON features, one file per layer, and the box around them, written as a stream."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import TextIO

LAYERS = ("buildings", "names", "parks", "roads", "water")

# From which zoom a layer is drawn at all; a city seen from far needs no houses.
MIN_ZOOM = {"buildings": 13, "names": 10}
MINOR_ROADS = frozenset({"residential", "service", "footway", "path", "cycleway", "track", "steps", "pedestrian"})
MINOR_MIN_ZOOM = 12


class LayerFiles:
    """Writes features line by line into `folder/<layer>.geojsonl`. `box`: south, west, north, east of the roads."""

    def __init__(self, folder: Path) -> None:
        self.counts: dict[str, int] = dict.fromkeys(LAYERS, 0)
        self.box: tuple[float, float, float, float] | None = None
        self._folder = folder
        self._streams: dict[str, TextIO] = {}

    def take(self, layer: str, feature: Mapping[str, object]) -> None:
        """Write one feature; KeyError for a layer that we do not draw."""
        self.counts[layer] += 1
        said = feature.get("properties")
        kind = said.get("kind") if isinstance(said, Mapping) else None
        at_least = MINOR_MIN_ZOOM if layer == "roads" and kind in MINOR_ROADS else MIN_ZOOM.get(layer)
        if at_least is not None:
            feature = {**feature, "tippecanoe": {"minzoom": at_least}}
        if layer == "roads":
            self._widen(feature.get("geometry"))
        json.dump(feature, self._stream(layer), ensure_ascii=False, separators=(",", ":"))
        self._stream(layer).write("\n")

    def close(self) -> dict[str, Path]:
        """Finish; the files by layer, those with at least one feature."""
        for stream in self._streams.values():
            stream.close()
        return {layer: self._path(layer) for layer in LAYERS if self.counts[layer]}

    def _widen(self, geometry: object) -> None:
        lines = geometry.get("coordinates") if isinstance(geometry, Mapping) else None
        for lon, lat in lines if isinstance(lines, list) else []:
            south, west, north, east = self.box or (lat, lon, lat, lon)
            self.box = (min(south, lat), min(west, lon), max(north, lat), max(east, lon))

    def _stream(self, layer: str) -> TextIO:
        if layer not in self._streams:
            self._streams[layer] = self._path(layer).open("w", encoding="utf-8")
        return self._streams[layer]

    def _path(self, layer: str) -> Path:
        return self._folder / f"{layer}.geojsonl"
