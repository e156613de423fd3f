import { expect, it } from "vitest";
import type { CallType } from "../src/api/types";
import { byFamily, search } from "../src/manager/type-chooser";

const type = (code: string, name: string, family_name: string): CallType =>
  ({ code, name, family: family_name.toLowerCase(), family_name, opens: false });
const CHOICES = [
  type("ABDUCTF", "Enlèvement par la famille", "Enlèvement"),
  type("BURGLARY", "Cambriolage", "Cambriolage"),
  type("MVAHR", "Délit de fuite", "Circulation"),
];

it.each([
  ["", ["ABDUCTF", "BURGLARY", "MVAHR"]],
  ["enlevement", ["ABDUCTF"]],
  ["DÉLIT fuite", ["MVAHR"]],
  ["mvahr", ["MVAHR"]],
  ["circulation", ["MVAHR"]],
  ["delit cambriolage", []],
])("finds %j by name, code or family, without regard to case and accents", (sought, codes) => {
  expect(search(CHOICES, sought).map((found) => found.code)).toEqual(codes);
});

it("groups by family in the order given", () => {
  expect(byFamily(CHOICES).map(([family, types]) => [family, types.length])).toEqual([
    ["Enlèvement", 1], ["Cambriolage", 1], ["Circulation", 1],
  ]);
});
