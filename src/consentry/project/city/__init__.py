"""The city's own map: from OpenStreetMap or the demo to one PMTiles file that we serve ourselves."""

from consentry.project.city.basemap import CityMap, build_basemap, read_city

__all__ = ["CityMap", "build_basemap", "read_city"]
