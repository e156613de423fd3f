import { useEffect, useRef, useState } from "react";
import type { FeatureCollection } from "geojson";
import type { ExpressionSpecification, GeoJSONSource, Map as MapLibre } from "maplibre-gl";
import type { Theme } from "../app/theme";
import type { Area } from "../public/areas";
import { makeMap, type Made } from "./engine";
import { PALETTES } from "./style";
import "./map.css";

interface Props { label: string; areas: Area[]; chosen: string | undefined; onChoose: (cell: string) => void }

interface Shown { areas: Area[]; chosen: string | undefined }

/** Every area with its band, for anybody. All of it is also in the table below, for keyboard and screen reader. */
export function CellsMap({ label, areas, chosen, onChoose }: Props) {
  const box = useRef<HTMLDivElement>(null);
  const latest = useRef({ shown: { areas, chosen }, onChoose });
  latest.current = { shown: { areas, chosen }, onChoose };
  const [made, setMade] = useState<Made>();

  useEffect(() => {
    const element = box.current;
    if (!element) return;
    let gone = false;
    let mine: Made | undefined;
    void makeMap(element).then((ready) => {
      mine = ready;
      if (gone) return ready.remove();
      ready.onStyle((map, theme) => draw(map, theme, latest.current.shown));
      showAll(ready.map, latest.current.shown.areas);
      ready.map.on("click", "areas-fill", (event) => {
        const cell: unknown = event.features?.[0]?.properties["cell"];
        if (typeof cell === "string") latest.current.onChoose(cell);
      });
      ready.map.on("mouseenter", "areas-fill", () => { ready.map.getCanvas().style.cursor = "pointer"; });
      ready.map.on("mouseleave", "areas-fill", () => { ready.map.getCanvas().style.cursor = ""; });
      setMade(ready);
    });
    return () => {
      gone = true;
      mine?.remove();
    };
  }, []);

  useEffect(() => {
    if (made?.map.getSource("areas")) draw(made.map, "light", { areas, chosen });
  }, [made, areas, chosen]);

  return <div ref={box} className="map" role="region" aria-label={label} />;
}

function showAll(map: MapLibre, areas: Area[]): void {
  const points = areas.flatMap((area) => area.feature.geometry.coordinates.flat(2));
  const lons = points.map((point) => point[0] ?? 0);
  const lats = points.map((point) => point[1] ?? 0);
  if (points.length === 0) return;
  map.fitBounds([Math.min(...lons), Math.min(...lats), Math.max(...lons), Math.max(...lats)], { padding: 24, duration: 0 });
}

function dataOf({ areas, chosen }: Shown): FeatureCollection {
  return { type: "FeatureCollection", features: areas.map((area) => ({
    ...area.feature, properties: { cell: area.cell, band: area.band, chosen: area.cell === chosen },
  })) };
}

function numbersOf({ areas, chosen }: Shown): FeatureCollection {
  return { type: "FeatureCollection", features: areas.map((area) => ({
    type: "Feature", geometry: { type: "Point", coordinates: area.middle },
    properties: { number: String(area.number), chosen: area.cell === chosen },
  })) };
}

function draw(map: MapLibre, theme: Theme, shown: Shown): void {
  const source = map.getSource("areas") as GeoJSONSource | undefined;
  if (source) {
    source.setData(dataOf(shown));
    (map.getSource("area-numbers") as GeoJSONSource | undefined)?.setData(numbersOf(shown));
    return;
  }
  const colours = PALETTES[theme];
  map.addSource("areas", { type: "geojson", data: dataOf(shown) });
  map.addSource("area-numbers", { type: "geojson", data: numbersOf(shown) });
  const opacity: ExpressionSpecification = ["match", ["get", "band"], "5_to_9", 0.3, "10_or_more", 0.6, 0.08];
  map.addLayer({ id: "areas-fill", type: "fill", source: "areas",
    paint: { "fill-color": colours.cell, "fill-opacity": opacity } });
  map.addLayer({ id: "areas-line", type: "line", source: "areas",
    paint: { "line-color": colours.cell, "line-opacity": 0.8, "line-width": 1.2 } });
  map.addLayer({ id: "areas-chosen", type: "line", source: "areas", filter: ["get", "chosen"],
    paint: { "line-color": colours.accent, "line-width": 4 } });
  map.addLayer({ id: "area-numbers", type: "symbol", source: "area-numbers",
    layout: { "text-font": ["system-ui, sans-serif"], "text-field": ["get", "number"], "text-size": 13, "text-allow-overlap": true },
    paint: { "text-color": colours.text, "text-halo-color": colours.halo, "text-halo-width": 2 } });
}
