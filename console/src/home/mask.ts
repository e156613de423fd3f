/** What an owner hides: shapes on the picture, and the mask that the terms name by its hash (docs/spec/mask.md). */
import type { Mask } from "../api/types";
import { sha256, toHex } from "../crypto/bytes";
import { canonical, type Plain } from "../crypto/canonical";

export const MASK_SPAN = 10_000;
export const MAX_SHAPES = 16;
export const MAX_CORNERS = 32;

export type Corner = [number, number];
export type Shape = Corner[];

/** The mask of the shapes that enclose something; null when none does. */
export function maskOf(shapes: Shape[]): Mask | null {
  const polygons = shapes.filter((shape) => shape.length >= 3);
  return polygons.length > 0 ? { v: 1, polygons } : null;
}

export function shapesOf(mask: Mask | null): Shape[] {
  return mask ? mask.polygons.map((polygon) => polygon.map(([x = 0, y = 0]): Corner => [x, y])) : [];
}

/** One more corner of the last shape. */
export function withCorner(shapes: Shape[], corner: Corner): Shape[] {
  return [...shapes.slice(0, -1), [...(shapes.at(-1) ?? []), corner]];
}

/** Without the last corner; a shape goes with its first one. */
export function withoutLast(shapes: Shape[]): Shape[] {
  const last = shapes.at(-1);
  if (!last) return shapes;
  return last.length <= 1 ? shapes.slice(0, -1) : [...shapes.slice(0, -1), last.slice(0, -1)];
}

export function moved([x, y]: Corner, dx: number, dy: number): Corner {
  const inside = (value: number) => Math.min(MASK_SPAN, Math.max(0, Math.round(value)));
  return [inside(x + dx), inside(y + dy)];
}

export async function maskSha256(mask: Mask | null): Promise<string> {
  return mask ? toHex(await sha256(canonical({ v: 1, polygons: mask.polygons } as Plain))) : "";
}
