import { useEffect, useRef, useState } from "react";
import { useTranslation } from "react-i18next";
import type { FeatureCollection, Position } from "geojson";
import type { GeoJSONSource, Map as MapLibre } from "maplibre-gl";
import { useLoaded } from "../api/loaded";
import type { Cells } from "../api/types";
import type { Theme } from "../app/theme";
import { makeMap, type Made } from "../map/engine";
import { PALETTES } from "../map/style";
import "../map/map.css";
import "./requests.css";

/** The cells of an area on the city's map. What it says stands in words beside it. */
export function AreaMap({ cells }: { cells: readonly string[] }) {
  const { t } = useTranslation();
  const all = useLoaded<Cells>("/cells", { staleTime: 300_000 });
  const box = useRef<HTMLDivElement>(null);
  const [made, setMade] = useState<Made>();
  const data = all.state === "ready" ? areaOf(all.data, cells) : undefined;
  const latest = useRef(data);
  latest.current = data;

  useEffect(() => {
    const element = box.current;
    if (!element) return;
    let gone = false;
    let mine: Made | undefined;
    void makeMap(element).then((ready) => {
      mine = ready;
      if (gone) return ready.remove();
      ready.onStyle((map, theme) => drawArea(map, theme, latest.current));
      setMade(ready);
    });
    return () => {
      gone = true;
      mine?.remove();
    };
  }, []);

  const key = cells.join();
  useEffect(() => {
    const shown = latest.current;
    if (!made || !shown) return;
    const source = made.map.getSource("area") as GeoJSONSource | undefined;
    source?.setData(shown);
    const bounds = boundsOf(shown);
    if (bounds) made.map.fitBounds(bounds, { padding: 32, animate: false, maxZoom: 16 });
  }, [made, key, all.state]);

  return <div ref={box} className="map area-map" role="region" aria-label={t("requests.map")} />;
}

function areaOf(all: Cells, cells: readonly string[]): FeatureCollection {
  const wanted = new Set(cells);
  return { type: "FeatureCollection", features: (all as unknown as FeatureCollection).features.filter((one) => wanted.has(String(one.id))) };
}

function drawArea(map: MapLibre, theme: Theme, data: FeatureCollection | undefined): void {
  const colours = PALETTES[theme];
  map.addSource("area", { type: "geojson", data: data ?? { type: "FeatureCollection", features: [] } });
  map.addLayer({ id: "area-fill", type: "fill", source: "area", paint: { "fill-color": colours.accent, "fill-opacity": 0.22 } });
  map.addLayer({ id: "area-line", type: "line", source: "area", paint: { "line-color": colours.accent, "line-width": 2.5 } });
}

function boundsOf(data: FeatureCollection): [number, number, number, number] | undefined {
  const places = data.features.flatMap((one) => (one.geometry.type === "MultiPolygon" ? one.geometry.coordinates.flat(2) : [])) as Position[];
  if (places.length === 0) return undefined;
  const lons = places.map(([lon = 0]) => lon);
  const lats = places.map(([, lat = 0]) => lat);
  return [Math.min(...lons), Math.min(...lats), Math.max(...lons), Math.max(...lats)];
}
