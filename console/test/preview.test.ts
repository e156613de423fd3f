import { expect, it } from "vitest";
import type { Terms } from "../src/api/types";
import { example, holdsAt } from "../src/home/preview";

const terms = {
  tier: "live", call_types: ["ASSAULT", "BURGLARY"], purposes: ["crime_in_progress"], max_distance_m: 400, max_minutes_per_grant: 15,
  approval: "ask_me", time_zone: "America/Chicago", hours: [{ days: [0, 1, 2, 3, 4, 5, 6], from_min: 0, to_min: 1440 }],
} as unknown as Terms;
const monday = new Date("2026-11-30T12:00:00Z");

it("says what a burglary tonight could open, and what is too far", () => {
  expect(example(terms, monday)).toEqual([
    { say: "could", type: "BURGLARY", metres: 300, minutes: 15, asks: true },
    { say: "too_far", type: "BURGLARY", metres: 450 },
  ]);
});

it("knows the owner's hours in the owner's own time zone", () => {
  const nights = { ...terms, hours: [{ days: [0], from_min: 22 * 60, to_min: 1440 }] } as unknown as Terms;
  expect(holdsAt(nights, monday)).toBe(true);
  expect(holdsAt(nights, new Date("2026-12-01T12:00:00Z"))).toBe(false);
  expect(holdsAt(nights, new Date("2026-12-01T05:00:00Z"))).toBe(true);
  expect(example({ ...nights, hours: [{ days: [0], from_min: 0, to_min: 60 }] } as unknown as Terms, monday)).toEqual([{ say: "outside_hours" }]);
});

it.each([{ tier: "request" }, { call_types: [] }, { purposes: [] }, { hours: [] }])("says that nobody could look: %o", (change) => {
  expect(example({ ...terms, ...change } as unknown as Terms, monday)).toEqual([{ say: "never" }]);
});
