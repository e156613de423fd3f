/** Drones on the map: an arrow that points where the camera looks, and what its picture shows on the ground. */
import type { Feature, Position } from "geojson";
import type { Map as MapLibre } from "maplibre-gl";
import type { MobilePlace } from "../api/types";
import type { Palette } from "./style";

export interface Moving extends MobilePlace {
  /** Nothing was heard of it for too long: it is drawn faded, since it may be somewhere else by now. */
  stale: boolean;
}

const ICON_PX = 56;

export function dataOfMoving(moving: readonly Moving[], chosen: readonly string[]) {
  const properties = (one: Moving) => ({
    id: one.camera, looks: one.looks_deg ?? 0, icon: one.looks_deg === null ? "drone-round" : "drone",
    stale: one.stale, chosen: chosen.includes(one.camera),
    label: one.altitude_m === null ? one.name : `${one.name} · ${String(Math.round(one.altitude_m))} m`,
  });
  const places = moving.map((one): Feature => ({
    type: "Feature", properties: properties(one), geometry: { type: "Point", coordinates: [one.lon, one.lat] },
  }));
  const footprints = moving.flatMap((one): Feature[] => {
    const ring = one.footprint.map(({ lat, lon }): Position => [lon, lat]);
    const first = ring[0];
    return first ? [{
      type: "Feature", properties: properties(one), geometry: { type: "Polygon", coordinates: [[...ring, first]] },
    }] : [];
  });
  return { places, footprints };
}

const faded = (value: number, stale: number) => ["case", ["get", "stale"], stale, value] as never;

/** What the drones see: on the ground, so below whatever stands there. */
export function addFootprints(map: MapLibre, colours: Palette): void {
  map.addLayer({ id: "footprints", type: "fill", source: "footprints",
    paint: { "fill-color": colours.accent, "fill-opacity": faded(0.24, 0.08) } });
  map.addLayer({ id: "footprints-line", type: "line", source: "footprints",
    paint: { "line-color": colours.accent, "line-width": ["case", ["get", "chosen"], 2.5, 1.5],
      "line-opacity": faded(0.9, 0.4), "line-dasharray": [3, 2] } });
}

/** The drones themselves: they fly, so above everything else. */
export function addDrones(map: MapLibre, colours: Palette): void {
  for (const name of ["drone", "drone-round"]) {
    const image = picture(colours, name === "drone");
    if (image && !map.hasImage(name)) map.addImage(name, image, { pixelRatio: 2 });
  }
  map.addLayer({ id: "moving", type: "symbol", source: "moving",
    layout: { "icon-image": ["get", "icon"], "icon-rotate": ["get", "looks"], "icon-rotation-alignment": "map",
      "icon-allow-overlap": true, "icon-size": ["case", ["get", "chosen"], 1.3, 1],
      "text-field": ["get", "label"], "text-font": ["system-ui, sans-serif"], "text-size": 12,
      "text-variable-anchor": ["top", "bottom", "left", "right"], "text-radial-offset": 1.3, "text-optional": true },
    paint: { "icon-opacity": faded(1, 0.45), "text-color": colours.text, "text-halo-color": colours.halo,
      "text-halo-width": 1.5, "text-opacity": faded(1, 0.6) } });
}

/** An arrowhead pointing north, or a disc for one that does not say where it looks. */
function picture(colours: Palette, arrow: boolean): ImageData | undefined {
  const canvas = document.createElement("canvas");
  canvas.width = canvas.height = ICON_PX;
  const pen = canvas.getContext("2d");
  if (!pen) return undefined;
  const middle = ICON_PX / 2;
  pen.beginPath();
  if (arrow) {
    pen.moveTo(middle, 5);
    pen.lineTo(ICON_PX - 8, ICON_PX - 7);
    pen.lineTo(middle, ICON_PX - 17);
    pen.lineTo(8, ICON_PX - 7);
    pen.closePath();
  } else {
    pen.arc(middle, middle, middle - 8, 0, 2 * Math.PI);
  }
  pen.lineJoin = "round";
  pen.lineWidth = 7;
  pen.strokeStyle = colours.halo;
  pen.stroke();
  pen.fillStyle = colours.accent;
  pen.fill();
  return pen.getImageData(0, 0, ICON_PX, ICON_PX);
}
