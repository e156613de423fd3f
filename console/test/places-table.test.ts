/** The list of areas is narrowed by how an area is called and by its step. */
import { expect, test } from "vitest";
import type { Area } from "../src/public/areas";
import { areasLike } from "../src/public/places-table";

const area = (number: number, cell: string, band: Area["band"]) => ({ number, cell, band }) as Area;
const AREAS = [area(1, "882a", "under_5"), area(2, "8A2b", "5_to_9"), area(12, "882c", "under_5")];
const numbers = (said: string, band = "") => areasLike(AREAS, said, band).map((one) => one.number);

test("an area is found by the beginning of its number or of its cell's name", () => {
  expect(numbers("")).toEqual([1, 2, 12]);
  expect(numbers("1")).toEqual([1, 12]);
  expect(numbers(" 8a ")).toEqual([2]);
  expect(numbers("none")).toEqual([]);
});

test("and by how many places take part", () => {
  expect(numbers("", "under_5")).toEqual([1, 12]);
  expect(numbers("12", "5_to_9")).toEqual([]);
});
