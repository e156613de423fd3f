import { expect, it } from "vitest";
import { emptyRow, faultsOf, MAX_ROWS, readSheet, TEMPLATE, viewOf, type Row } from "../src/home/sheet";

function rows(text: string): Row[] {
  const read = readSheet(text);
  if (!("rows" in read)) throw new Error(read.fault);
  return read.rows;
}

it("reads its own template", () => {
  const [first] = rows(TEMPLATE);
  expect(first).toMatchObject({ name: "Loading bay", latitude: "40.00000", address: "rtsp://user:password@192.168.1.20/stream1" });
  expect(faultsOf(first as Row)).toEqual([]);
});

it.each([
  ["semicolons, another order, decimal commas", "longitude;latitude;name\n-83,01;40,02;\"Bay; 2\"", "Bay; 2", -83.01, 40.02],
  ["tabs, capitals, a byte order mark, unknown columns", "\uFEFFName\tLatitude\tLongitude\tFloor\nDoor\t40\t-83\t2", "Door", -83, 40],
])("reads %s", (_, text, name, lon, lat) => {
  const [first] = rows(text);
  expect(first?.name).toBe(name);
  expect(viewOf(first as Row)).toMatchObject({ lat, lon, heading_deg: null, fov_deg: 90, range_m: 30 });
});

it.each([
  ["", "no_header"], ["just words", "no_header"], ["name,latitude\nA,1", "no_header"],
  ["name,latitude,longitude", "empty"], ["x".repeat(200_001), "too_long"],
  [`name,latitude,longitude\n${"A,1,1\n".repeat(MAX_ROWS + 1)}`, "too_long"],
])("says what is wrong with a whole sheet", (text, fault) => {
  expect(readSheet(text)).toEqual({ fault });
});

it.each([
  ["name", ""], ["name", "x".repeat(81)], ["kind", "drone"], ["latitude", ""], ["latitude", "91"], ["latitude", "1e3"],
  ["longitude", "NaN"], ["longitude", "200"], ["heading", "360"], ["heading", "north"], ["angle", "5"], ["range", "201"],
  ["address", "192.168.1.20"], ["address", "javascript:alert(1)"], ["address", "rtsp://a b"],
] as const)("names the cell that cannot be: %s %s", (column, cell) => {
  const good = { ...emptyRow(), name: "A", latitude: "40", longitude: "-83" };
  expect(faultsOf(good)).toEqual([]);
  expect(faultsOf({ ...good, [column]: cell })).toEqual([column]);
});
