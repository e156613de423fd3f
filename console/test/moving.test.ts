import { expect, test } from "vitest";
import { compass, heardAt, whereTheyAre } from "../src/analyst/moving";
import type { PublicCamera } from "../src/api/types";
import { dataOf } from "../src/map/layers";
import type { Moving } from "../src/map/moving";

const drone: Moving = {
  camera: "cam_1", name: "Drone 1", lat: 41, lon: -104, altitude_m: 1_900.4, looks_deg: 350, age_ms: 300,
  captured_at: null, stale: false,
  footprint: [{ lat: 1, lon: 2 }, { lat: 1, lon: 3 }, { lat: 0, lon: 3 }, { lat: 0, lon: 2 }],
};
const camera = (id: string): PublicCamera => ({
  id, name: id, lat: 5, lon: 6, heading_deg: 10, fov_deg: 60, range_m: 40, health: "online", warnings: [], audio: false, turns: false, sub_stream: false,
});
const shown = (moving: Moving[]) => dataOf({
  incidents: [], cameras: [camera("cam_1"), camera("cam_2")], moving, cells: undefined, selected: undefined,
  chosenCameras: ["cam_1"], looks: [],
});

test("a drone is drawn once, where it is, with its footprint as a closed ring", () => {
  const { moving, footprints, cameras, cones } = shown([drone]);
  expect(cameras.features.map((item) => item.properties?.["id"] as string)).toEqual(["cam_2"]);
  expect(cones.features).toHaveLength(1);
  expect(moving.features[0]?.geometry).toEqual({ type: "Point", coordinates: [-104, 41] });
  expect(moving.features[0]?.properties).toMatchObject({
    label: "Drone 1 · 1900 m", looks: 350, icon: "drone", stale: false, chosen: true,
  });
  const ring = footprints.features[0]?.geometry;
  expect(ring?.type === "Polygon" && ring.coordinates[0]).toEqual([[2, 1], [3, 1], [3, 0], [2, 0], [2, 1]]);
});

test("one that does not say where it looks or what it sees is a disc without a footprint", () => {
  const { moving, footprints } = shown([{ ...drone, looks_deg: null, altitude_m: null, footprint: [], stale: true }]);
  expect(moving.features[0]?.properties).toMatchObject({ icon: "drone-round", label: "Drone 1", stale: true });
  expect(footprints.features).toEqual([]);
});

test("a drone is asked for and measured from where it is, a standing camera from where it stands", () => {
  const [first, second] = whereTheyAre([camera("cam_1"), camera("cam_2")], [drone]);
  expect([first?.lat, first?.lon, second?.lat, second?.lon]).toEqual([41, -104, 5, 6]);
});

test("how long ago a place was heard goes by the server's clock, not by ours", () => {
  expect(heardAt([drone], 10_000).get("cam_1")).toBe(9_700);
});

test.each([[0, "n"], [22, "n"], [23, "ne"], [180, "s"], [337, "nw"], [350, "n"], [360, "n"]] as const)(
  "%d degrees are %s", (degrees, word) => expect(compass(degrees)).toBe(word));
