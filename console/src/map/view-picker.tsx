import { useEffect, useRef, useState } from "react";
import { useTranslation } from "react-i18next";
import type { FeatureCollection } from "geojson";
import type { GeoJSONSource, Map as MapLibre } from "maplibre-gl";
import type { Theme } from "../app/theme";
import { makeMap, type Made } from "./engine";
import { bearing, cone, distanceM, type ViewCone } from "./geometry";
import { PALETTES } from "./style";
import { Button } from "../design/button";
import "./map.css";

interface Props { view: ViewCone | undefined; onChange: (view: ViewCone) => void }

const FIRST = { heading_deg: 0, fov_deg: 90, range_m: 25 };

/** First tap: where the camera hangs (without a mouse: move the map by its arrow keys, then the button). Each tap after it: where it looks, and how far. The sliders do the same. */
export function ViewPicker({ view, onChange }: Props) {
  const { t } = useTranslation();
  const box = useRef<HTMLDivElement>(null);
  const latest = useRef({ view, onChange });
  latest.current = { view, onChange };
  const [made, setMade] = useState<Made>();

  useEffect(() => {
    const element = box.current;
    if (!element) return;
    let gone = false;
    let mine: Made | undefined;
    void makeMap(element).then((ready) => {
      mine = ready;
      if (gone) return ready.remove();
      ready.onStyle((map, theme) => drawView(map, theme, latest.current.view));
      ready.map.on("click", (event) => {
        latest.current.onChange(nextView(latest.current.view, event.lngLat.lat, event.lngLat.lng));
      });
      setMade(ready);
    });
    return () => {
      gone = true;
      mine?.remove();
    };
  }, []);

  useEffect(() => {
    if (made?.map.getSource("view")) drawView(made.map, "light", view);
  }, [made, view]);

  const placeInTheMiddle = () => {
    const middle = made?.map.getCenter();
    if (middle) onChange(nextView(undefined, middle.lat, middle.lng));
  };
  return (
    <>
      <div ref={box} className="map" role="region" aria-label={t("home.view_map")} />
      {made && !view && <span className="middle" aria-hidden="true" />}
      {made && !view && <Button size="small" className="to-middle" onClick={placeInTheMiddle}>{t("home.view_middle")}</Button>}
    </>
  );
}

function nextView(view: ViewCone | undefined, lat: number, lon: number): ViewCone {
  if (!view) return { lat, lon, ...FIRST };
  return {
    ...view,
    heading_deg: Math.round(bearing(view.lat, view.lon, lat, lon)) % 360,
    range_m: Math.min(200, Math.max(5, Math.round(distanceM(view.lat, view.lon, lat, lon)))),
  };
}

function drawView(map: MapLibre, theme: Theme, view: ViewCone | undefined): void {
  const data: FeatureCollection = { type: "FeatureCollection", features: view
    ? [cone(view), { type: "Feature", properties: {}, geometry: { type: "Point", coordinates: [view.lon, view.lat] } }]
    : [] };
  const source = map.getSource("view") as GeoJSONSource | undefined;
  if (source) {
    source.setData(data);
    return;
  }
  const colours = PALETTES[theme];
  map.addSource("view", { type: "geojson", data });
  map.addLayer({ id: "view-cone", type: "fill", source: "view", filter: ["==", ["geometry-type"], "Polygon"],
    paint: { "fill-color": colours.accent, "fill-opacity": 0.35 } });
  map.addLayer({ id: "view-place", type: "circle", source: "view", filter: ["==", ["geometry-type"], "Point"],
    paint: { "circle-radius": 7, "circle-color": colours.accent, "circle-stroke-color": colours.halo,
      "circle-stroke-width": 2.5 } });
}
