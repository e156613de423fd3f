import { useEffect, useRef, useState } from "react";
import type { FeatureCollection } from "geojson";
import type { GeoJSONSource, Map as MapLibre } from "maplibre-gl";
import type { Theme } from "../app/theme";
import { makeMap, type Made } from "./engine";
import { cone, type ViewCone } from "./geometry";
import { PALETTES } from "./style";
import "./map.css";

/** Many cameras at a glance: where each hangs and what it sees. Told in words beside it, so only drawn here. */
export function ManyViews({ views, label }: { views: ViewCone[]; label: string }) {
  const box = useRef<HTMLDivElement>(null);
  const latest = useRef(views);
  latest.current = views;
  const [made, setMade] = useState<Made>();

  useEffect(() => {
    const element = box.current;
    if (!element) return;
    let gone = false;
    let mine: Made | undefined;
    void makeMap(element).then((ready) => {
      mine = ready;
      if (gone) return ready.remove();
      ready.onStyle((map, theme) => draw(map, theme, latest.current));
      setMade(ready);
    });
    return () => {
      gone = true;
      mine?.remove();
    };
  }, []);

  useEffect(() => {
    if (!made?.map.getSource("views")) return;
    draw(made.map, "light", views);
    const [west, south, east, north] = boundsOf(views);
    if (views.length > 0) made.map.fitBounds([west, south, east, north], { padding: 48, maxZoom: 18, animate: false });
  }, [made, views]);

  return <div ref={box} className="map" role="region" aria-label={label} />;
}

function boundsOf(views: ViewCone[]): [number, number, number, number] {
  const [lons, lats] = [views.map((view) => view.lon), views.map((view) => view.lat)];
  return [Math.min(...lons), Math.min(...lats), Math.max(...lons), Math.max(...lats)];
}

function draw(map: MapLibre, theme: Theme, views: ViewCone[]): void {
  const data: FeatureCollection = { type: "FeatureCollection", features: views.flatMap((view) => [
    cone(view), { type: "Feature", properties: {}, geometry: { type: "Point", coordinates: [view.lon, view.lat] } },
  ]) };
  const source = map.getSource("views") as GeoJSONSource | undefined;
  if (source) {
    source.setData(data);
    return;
  }
  const colours = PALETTES[theme];
  map.addSource("views", { type: "geojson", data });
  map.addLayer({ id: "views-cone", type: "fill", source: "views", filter: ["==", ["geometry-type"], "Polygon"],
    paint: { "fill-color": colours.accent, "fill-opacity": 0.3 } });
  map.addLayer({ id: "views-place", type: "circle", source: "views", filter: ["==", ["geometry-type"], "Point"],
    paint: { "circle-radius": 5, "circle-color": colours.accent, "circle-stroke-color": colours.halo,
      "circle-stroke-width": 2 } });
}
