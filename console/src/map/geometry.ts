/** Places and views on the globe: degrees in, degrees out, metres in between. */
import type { Feature, Polygon, Position } from "geojson";

const EARTH_M = 6_371_008.8;
const RAD = Math.PI / 180;

/** The point `metres` away from `lat, lon` at `bearing` degrees; GeoJSON order (lon, lat). */
export function destination(lat: number, lon: number, bearing: number, metres: number): Position {
  const arc = metres / EARTH_M;
  const from = lat * RAD;
  const turn = bearing * RAD;
  const to = Math.asin(Math.sin(from) * Math.cos(arc) + Math.cos(from) * Math.sin(arc) * Math.cos(turn));
  const east = Math.atan2(Math.sin(turn) * Math.sin(arc) * Math.cos(from), Math.cos(arc) - Math.sin(from) * Math.sin(to));
  return [lon + east / RAD, to / RAD];
}

/** Bearing from one point to another, degrees clockwise from north, [0, 360). */
export function bearing(lat: number, lon: number, toLat: number, toLon: number): number {
  const east = (toLon - lon) * RAD;
  const y = Math.sin(east) * Math.cos(toLat * RAD);
  const x = Math.cos(lat * RAD) * Math.sin(toLat * RAD) - Math.sin(lat * RAD) * Math.cos(toLat * RAD) * Math.cos(east);
  return (Math.atan2(y, x) / RAD + 360) % 360;
}

export function distanceM(lat: number, lon: number, toLat: number, toLon: number): number {
  const half = Math.sin(((toLat - lat) * RAD) / 2) ** 2
    + Math.cos(lat * RAD) * Math.cos(toLat * RAD) * Math.sin(((toLon - lon) * RAD) / 2) ** 2;
  return 2 * EARTH_M * Math.asin(Math.sqrt(half));
}

export interface ViewCone { lat: number; lon: number; heading_deg: number | null; fov_deg: number; range_m: number }

/** What a camera sees, as a sector (a full circle from 360 degrees on, or without a heading). */
export function cone(view: ViewCone): Feature<Polygon> {
  const isCircle = view.fov_deg >= 360 || view.heading_deg === null;
  const angle = isCircle ? 360 : view.fov_deg;
  const steps = Math.max(6, Math.ceil(angle / 6));
  const start = (view.heading_deg ?? 0) - angle / 2;
  const arc = Array.from({ length: steps + 1 }, (_, at) =>
    destination(view.lat, view.lon, start + (angle * at) / steps, view.range_m));
  const tip: Position = [view.lon, view.lat];
  const ring = isCircle ? arc : [tip, ...arc, tip];
  return { type: "Feature", properties: {}, geometry: { type: "Polygon", coordinates: [ring] } };
}
