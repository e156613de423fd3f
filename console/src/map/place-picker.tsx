import { useEffect, useRef, useState } from "react";
import type { FeatureCollection } from "geojson";
import type { GeoJSONSource, Map as MapLibre } from "maplibre-gl";
import type { Theme } from "../app/theme";
import { Button } from "../design/button";
import { makeMap, type Made } from "./engine";
import "./map.css";
import { PALETTES } from "./style";

export interface Point { lat: number; lon: number }

interface Props { points: readonly Point[]; isArea: boolean; label: string; middle: string; onAdd: (point: Point) => void }

/** A map to tap: one place, or the corners of an area. Without a mouse: the map's arrow keys, then the button. */
export function PlacePicker({ points, isArea, label, middle, onAdd }: Props) {
  const box = useRef<HTMLDivElement>(null);
  const latest = useRef({ points, isArea, onAdd });
  latest.current = { points, isArea, onAdd };
  const [made, setMade] = useState<Made>();

  useEffect(() => {
    const element = box.current;
    if (!element) return;
    let gone = false;
    let mine: Made | undefined;
    void makeMap(element).then((ready) => {
      mine = ready;
      if (gone) return ready.remove();
      ready.onStyle((map, theme) => drawPoints(map, theme, latest.current));
      ready.map.on("click", (event) => latest.current.onAdd({ lat: event.lngLat.lat, lon: event.lngLat.lng }));
      setMade(ready);
    });
    return () => {
      gone = true;
      mine?.remove();
    };
  }, []);

  useEffect(() => {
    if (made?.map.getSource("points")) drawPoints(made.map, "light", { points, isArea });
  }, [made, points, isArea]);

  const atMiddle = () => {
    const centre = made?.map.getCenter();
    if (centre) onAdd({ lat: centre.lat, lon: centre.lng });
  };
  return (
    <>
      <div ref={box} className="map" role="region" aria-label={label} />
      {made && <span className="middle" aria-hidden="true" />}
      {made && <Button size="small" className="to-middle" onClick={atMiddle}>{middle}</Button>}
    </>
  );
}

function drawPoints(map: MapLibre, theme: Theme, { points, isArea }: { points: readonly Point[]; isArea: boolean }): void {
  const ring = points.map((point) => [point.lon, point.lat]);
  const first = ring[0];
  const data: FeatureCollection = { type: "FeatureCollection", features: [
    ...(isArea && first && ring.length > 2
      ? [{ type: "Feature" as const, properties: {}, geometry: { type: "Polygon" as const, coordinates: [[...ring, first]] } }] : []),
    ...ring.map((coordinates) => ({ type: "Feature" as const, properties: {}, geometry: { type: "Point" as const, coordinates } })),
  ] };
  const source = map.getSource("points") as GeoJSONSource | undefined;
  if (source) {
    source.setData(data);
    return;
  }
  const colours = PALETTES[theme];
  map.addSource("points", { type: "geojson", data });
  map.addLayer({ id: "points-area", type: "fill", source: "points", filter: ["==", ["geometry-type"], "Polygon"],
    paint: { "fill-color": colours.accent, "fill-opacity": 0.3 } });
  map.addLayer({ id: "points-place", type: "circle", source: "points", filter: ["==", ["geometry-type"], "Point"],
    paint: { "circle-radius": 7, "circle-color": colours.accent, "circle-stroke-color": colours.halo, "circle-stroke-width": 2.5 } });
}
