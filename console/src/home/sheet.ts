/** A table of cameras as a business keeps one: read from a spreadsheet, checked cell by cell, nothing guessed. */
import Papa from "papaparse";
import type { ViewCone } from "../map/geometry";

export const COLUMNS = ["name", "kind", "latitude", "longitude", "heading", "angle", "range", "address"] as const;
export type Column = (typeof COLUMNS)[number];
export type Row = Record<Column, string> & { key: string };

export const MAX_ROWS = 200;
const MAX_SHEET_CHARS = 200_000;
const MAX_CELL_CHARS = 500;
export const KINDS = ["fixed", "doorbell"] as const;

let made = 0;

export function emptyRow(): Row {
  return { key: `row-${++made}`, name: "", kind: "fixed", latitude: "", longitude: "", heading: "", angle: "90", range: "30", address: "" };
}

export type Read = { rows: Row[] } | { fault: "too_long" | "no_header" | "empty" };

/** Comma, semicolon or tab; the first line names the columns, in any order; others are passed over. */
export function readSheet(text: string): Read {
  if (text.length > MAX_SHEET_CHARS) return { fault: "too_long" };
  const parsed = Papa.parse<Record<string, string>>(text.replace(/^\uFEFF/, "").trim(), {
    header: true, skipEmptyLines: "greedy", transformHeader: (name) => name.trim().toLowerCase(),
  });
  const named = new Set(parsed.meta.fields);
  if (!named.has("name") || !named.has("latitude") || !named.has("longitude")) return { fault: "no_header" };
  if (parsed.data.length === 0) return { fault: "empty" };
  if (parsed.data.length > MAX_ROWS) return { fault: "too_long" };
  return { rows: parsed.data.map(rowOf) };
}

function rowOf(said: Record<string, string | undefined>): Row {
  const row = emptyRow();
  for (const column of COLUMNS) {
    const cell = (said[column] ?? "").trim().slice(0, MAX_CELL_CHARS);
    if (cell !== "") row[column] = cell;
  }
  return row;
}

/** What a person fills in: the header and one example, which is nobody's camera. */
export const TEMPLATE = `${COLUMNS.join(",")}\nLoading bay,fixed,40.00000,-83.00000,180,90,30,rtsp://user:password@192.168.1.20/stream1\n`;

/** The columns of `row` that cannot be registered as they are. */
export function faultsOf(row: Row): Column[] {
  return COLUMNS.filter((column) => !CHECKS[column](row[column]));
}

const CHECKS: Record<Column, (cell: string) => boolean> = {
  name: (cell) => cell !== "" && cell.length <= 80,
  kind: (cell) => (KINDS as readonly string[]).includes(cell),
  latitude: (cell) => within(cell, -85, 85),
  longitude: (cell) => within(cell, -180, 180),
  heading: (cell) => cell === "" || within(cell, 0, 359.999),
  angle: (cell) => within(cell, 10, 360),
  range: (cell) => within(cell, 5, 200),
  address: (cell) => cell === "" || (/^[a-z][a-z0-9+.-]*:\/\/\S+$/i.test(cell) && URL.canParse(cell)),
};

function within(cell: string, least: number, most: number): boolean {
  const value = numberIn(cell);
  return value !== undefined && value >= least && value <= most;
}

/** Digits with a point; a comma as many write it counts as one. */
function numberIn(cell: string): number | undefined {
  const text = cell.replace(",", ".");
  return /^[+-]?\d{1,3}(\.\d{1,12})?$/.test(text) ? Number(text) : undefined;
}

/** Where it hangs and looks; undefined while its numbers are not whole. */
export function viewOf(row: Row): ViewCone | undefined {
  const wrong = faultsOf(row);
  if (["latitude", "longitude", "heading", "angle", "range"].some((column) => wrong.includes(column as Column))) return undefined;
  return {
    lat: numberIn(row.latitude) ?? 0, lon: numberIn(row.longitude) ?? 0,
    heading_deg: row.heading === "" ? null : Math.round(numberIn(row.heading) ?? 0) % 360,
    fov_deg: Math.round(numberIn(row.angle) ?? 90), range_m: Math.round(numberIn(row.range) ?? 30),
  };
}
