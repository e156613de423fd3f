/** What lies on the basemap: cells with bands, city cameras with their views, drones with their footprints, calls. */
import type { Feature, FeatureCollection } from "geojson";
import type { GeoJSONSource, Map as MapLibre } from "maplibre-gl";
import type { Theme } from "../app/theme";
import type { Incident, PublicCamera } from "../api/types";
import { addDrones, addFootprints, dataOfMoving, type Moving } from "./moving";
import { cone, type ViewCone } from "./geometry";
import { PALETTES } from "./style";

export interface Shown {
  incidents: Incident[];
  cameras: PublicCamera[];
  /** Cameras that are not where they stand, by what was last heard of them. */
  moving: readonly Moving[];
  cells: FeatureCollection | undefined;
  selected: string | undefined;
  chosenCameras: readonly string[];
  /** Cameras that are being looked through now. */
  looks: ViewCone[];
}

type Data = Record<"cells" | "cones" | "footprints" | "cameras" | "moving" | "looks" | "calls", FeatureCollection>;

export function dataOf(shown: Shown): Data {
  const of = (features: Feature[]): FeatureCollection => ({ type: "FeatureCollection", features });
  const flying = new Set(shown.moving.map((one) => one.camera));
  const standing = shown.cameras.filter((camera) => !flying.has(camera.id));
  const { places, footprints } = dataOfMoving(shown.moving, shown.chosenCameras);
  return {
    cells: shown.cells ?? of([]),
    cones: of(standing.map((camera) => ({ ...cone(camera), properties: { chosen: isChosen(shown, camera) } }))),
    footprints: of(footprints),
    moving: of(places),
    cameras: of(standing.map((camera) => point(camera.lat, camera.lon, {
      id: camera.id, name: camera.name, chosen: isChosen(shown, camera),
    }))),
    looks: of(shown.looks.flatMap((look) => [cone(look), point(look.lat, look.lon, {})])),
    calls: of(shown.incidents.flatMap((call) => call.lat === null || call.lon === null ? [] : [point(call.lat, call.lon, {
      id: call.id, name: call.type_name, open: call.status === "open", selected: call.id === shown.selected,
    })])),
  };
}

function isChosen(shown: Shown, camera: PublicCamera): boolean {
  return shown.chosenCameras.includes(camera.id);
}

function point(lat: number, lon: number, properties: Record<string, unknown>): Feature {
  return { type: "Feature", properties, geometry: { type: "Point", coordinates: [lon, lat] } };
}

const drawn = new WeakMap<MapLibre, Shown>();
const texts = new WeakMap<GeoJSONSource, string>();

/** What each source is made of: the map is painted anew for each source that is set, so only what changed is. */
function changed(id: keyof Data, shown: Shown, before: Shown | undefined): boolean {
  if (!before) return true;
  if (id === "cells") return shown.cells !== before.cells;
  if (id === "looks") return shown.looks !== before.looks;
  if (id === "calls") return shown.incidents !== before.incidents || shown.selected !== before.selected;
  if (id === "moving" || id === "footprints") {
    return shown.moving !== before.moving || shown.chosenCameras !== before.chosenCameras;
  }
  return shown.cameras !== before.cameras || shown.moving.length !== before.moving.length || shown.chosenCameras !== before.chosenCameras;
}

/** Other features than those that lie there? Cells are many and come as one list: theirs are not compared. */
function isOther(source: GeoJSONSource | undefined, id: keyof Data, features: FeatureCollection): boolean {
  if (!source || id === "cells") return true;
  const text = JSON.stringify(features);
  const before = texts.get(source);
  texts.set(source, text);
  return text !== before;
}

/** Put the data on the map, making sources and layers where a fresh style lacks them. */
export function draw(map: MapLibre, theme: Theme, shown: Shown): void {
  const data = dataOf(shown);
  for (const id of Object.keys(data) as (keyof Data)[]) {
    const source = map.getSource<GeoJSONSource>(id);
    if (!source) {
      map.addSource(id, { type: "geojson", data: data[id] });
      isOther(map.getSource<GeoJSONSource>(id), id, data[id]);
    } else if (changed(id, shown, drawn.get(map)) && isOther(source, id, data[id])) void source.setData(data[id]);
  }
  drawn.set(map, shown);
  if (!map.getLayer("cells-fill")) addLayers(map, theme);
}

function addLayers(map: MapLibre, theme: Theme): void {
  const colours = PALETTES[theme];
  const opacity = ["match", ["get", "band"], "under_5", 0.07, "5_to_9", 0.17, "10_or_more", 0.3, 0];
  map.addLayer({ id: "cells-fill", type: "fill", source: "cells",
    paint: { "fill-color": colours.cell, "fill-opacity": opacity as never } });
  map.addLayer({ id: "cells-line", type: "line", source: "cells",
    paint: { "line-color": colours.cell, "line-opacity": 0.35, "line-width": 1 } });
  map.addLayer({ id: "cones", type: "fill", source: "cones",
    paint: { "fill-color": colours.accent, "fill-opacity": ["case", ["get", "chosen"], 0.42, 0.2] } });
  addFootprints(map, colours);
  map.addLayer({ id: "cameras", type: "circle", source: "cameras", paint: {
    "circle-radius": ["case", ["get", "chosen"], 7, 5], "circle-color": colours.accent,
    "circle-stroke-color": colours.halo, "circle-stroke-width": 2 } });
  map.addLayer({ id: "looks", type: "fill", source: "looks", filter: ["==", ["geometry-type"], "Polygon"],
    paint: { "fill-color": colours.live, "fill-opacity": 0.35 } });
  map.addLayer({ id: "look-places", type: "circle", source: "looks", filter: ["==", ["geometry-type"], "Point"],
    paint: { "circle-radius": 5, "circle-color": colours.live, "circle-stroke-color": colours.halo,
      "circle-stroke-width": 2 } });
  map.addLayer({ id: "calls-halo", type: "circle", source: "calls", filter: ["get", "selected"], paint: {
    "circle-radius": 20, "circle-color": colours.live, "circle-opacity": 0.18,
    "circle-stroke-color": colours.live, "circle-stroke-width": 1.5 } });
  map.addLayer({ id: "calls", type: "circle", source: "calls", paint: {
    "circle-radius": ["case", ["get", "selected"], 10, 8],
    "circle-color": ["case", ["get", "open"], colours.live, colours.muted],
    "circle-stroke-color": colours.halo, "circle-stroke-width": 2.5 } });
  const text = { "text-font": ["system-ui, sans-serif"], "text-size": 12, "text-anchor": "top" as const,
    "text-optional": true };
  const paint = { "text-color": colours.text, "text-halo-color": colours.halo, "text-halo-width": 1.5 };
  map.addLayer({ id: "camera-names", type: "symbol", source: "cameras", minzoom: 14.5,
    layout: { ...text, "text-field": ["get", "name"], "text-offset": [0, 0.8] }, paint });
  map.addLayer({ id: "call-names", type: "symbol", source: "calls", minzoom: 12.5,
    layout: { ...text, "text-field": ["get", "name"], "text-offset": [0, 1.1], "text-size": 13 },
    paint: { ...paint, "text-color": colours.live } });
  addDrones(map, colours);
}
