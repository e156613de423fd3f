/** Published cells as areas that people can name: numbered from north to south, found by a place, asked for by days. */
import type { Feature, FeatureCollection, MultiPolygon, Position } from "geojson";

export const BANDS = ["under_5", "5_to_9", "10_or_more"] as const;
export type Band = (typeof BANDS)[number];

export interface Area { cell: string; number: number; band: Band; feature: Feature<MultiPolygon>; middle: Position }

/** Areas in the order of their numbers. A number is a name for this map only; the cell's own name stays beside it. */
export function areasOf(cells: FeatureCollection): Area[] {
  const found = cells.features.flatMap((feature) => {
    if (feature.geometry.type !== "MultiPolygon") return [];
    const drawn = feature as Feature<MultiPolygon>;
    const { cell, band } = feature.properties as { cell: string; band: Band };
    return [{ cell, band, feature: drawn, middle: middleOf(drawn.geometry), number: 0 }];
  });
  return found.toSorted((one, other) => northFirst(one.middle, other.middle)).map((area, at) => ({ ...area, number: at + 1 }));
}

function northFirst(one: Position, other: Position): number {
  return (other[1] ?? 0) - (one[1] ?? 0) || (one[0] ?? 0) - (other[0] ?? 0);
}

/** The middle of the largest part's box: good enough to write a number on. */
export function middleOf(shape: MultiPolygon): Position {
  const boxes = shape.coordinates.map((polygon) => boxOf(polygon[0] ?? []));
  const largest = boxes.toSorted((one, other) => sizeOf(other) - sizeOf(one))[0] ?? [0, 0, 0, 0];
  return [(largest[0] + largest[2]) / 2, (largest[1] + largest[3]) / 2];
}

type Box = [number, number, number, number];

function boxOf(ring: Position[]): Box {
  const lons = ring.map((point) => point[0] ?? 0);
  const lats = ring.map((point) => point[1] ?? 0);
  return [Math.min(...lons), Math.min(...lats), Math.max(...lons), Math.max(...lats)];
}

function sizeOf(box: Box): number {
  return (box[2] - box[0]) * (box[3] - box[1]);
}

/** The area that a place lies in; worked out here, so that the place goes nowhere. */
export function areaAt(areas: Area[], lat: number, lon: number): Area | undefined {
  return areas.find((area) => area.feature.geometry.coordinates.some((polygon) =>
    polygon.filter((ring) => isInside(ring, lat, lon)).length % 2 === 1));
}

function isInside(ring: Position[], lat: number, lon: number): boolean {
  let odd = false;
  for (let at = 1; at < ring.length; at += 1) {
    const [lonA = 0, latA = 0] = ring[at - 1] ?? [];
    const [lonB = 0, latB = 0] = ring[at] ?? [];
    if (latA > lat !== latB > lat && lon < lonA + ((lat - latA) * (lonB - lonA)) / (latB - latA)) odd = !odd;
  }
  return odd;
}

const DAY_MS = 86_400_000;

/** The last `count` whole days in UTC before `now`, as the API takes them. */
export function lastDays(now: number, count: number): { first: string; last: string } {
  const iso = (ms: number) => new Date(ms).toISOString().slice(0, 10);
  return { first: iso(now - count * DAY_MS), last: iso(now - DAY_MS) };
}
