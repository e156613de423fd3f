import { readFileSync } from "node:fs";
import { expect, it } from "vitest";
import type { Mask } from "../src/api/types";
import { maskOf, maskSha256, moved, shapesOf, withCorner, withoutLast, type Shape } from "../src/home/mask";

const vectors = JSON.parse(readFileSync("../docs/spec/vectors/mask.json", "utf8")) as {
  masks: { name: string; mask: Mask; mask_sha256: string }[];
};

it.each(vectors.masks)("names the mask of $name as the server and the edge do", async ({ mask, mask_sha256 }) => {
  expect(await maskSha256(maskOf(shapesOf(mask)))).toBe(mask_sha256);
});

it("hides what three corners enclose, and nothing before the third one", async () => {
  let shapes: Shape[] = [];
  for (const corner of [[0, 0], [10, 0]] as const) shapes = withCorner(shapes, [...corner]);
  expect(maskOf(shapes)).toBeNull();
  expect(await maskSha256(maskOf(shapes))).toBe("");
  shapes = withCorner(shapes, [10, 10]);
  expect(maskOf(shapes)).toEqual({ v: 1, polygons: [[[0, 0], [10, 0], [10, 10]]] });
  expect(maskOf(withoutLast(shapes))).toBeNull();
  expect(withoutLast(withoutLast(withoutLast(shapes)))).toEqual([]);
});

it("keeps the cursor on the picture", () => {
  expect(moved([9_900, 50], 200, -200)).toEqual([10_000, 0]);
});
