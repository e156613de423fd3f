import { expect, it } from "vitest";
import { covered, dragged, MINUTE_US, MOST_US, moved, placeOf, SECOND_US, tapped, timeAt, viewOf } from "../src/home/reel-time";

const view = { from: 0, to: 60 * MINUTE_US };

it("turns places into times and back", () => {
  expect(timeAt(view, 0.5)).toBe(30 * MINUTE_US);
  expect([timeAt(view, -1), timeAt(view, 2)]).toEqual([view.from, view.to]);
  expect(placeOf(view, 15 * MINUTE_US)).toBe(25);
});

it("drags a span in either direction, never empty and never longer than half an hour", () => {
  expect(dragged(MINUTE_US, 2 * MINUTE_US)).toEqual({ from: MINUTE_US, to: 2 * MINUTE_US });
  expect(dragged(2 * MINUTE_US, MINUTE_US)).toEqual({ from: MINUTE_US, to: 2 * MINUTE_US });
  expect(dragged(0, 59 * MINUTE_US)).toEqual({ from: 0, to: MOST_US });
  expect(dragged(59 * MINUTE_US, 0)).toEqual({ from: 29 * MINUTE_US, to: 59 * MINUTE_US });
  expect(dragged(MINUTE_US, MINUTE_US)).toEqual({ from: MINUTE_US, to: MINUTE_US + SECOND_US });
});

it("takes a tap for half a minute within what is there", () => {
  expect(tapped(view, MINUTE_US)).toEqual({ from: 45 * SECOND_US, to: 75 * SECOND_US });
  expect(tapped(view, 0)).toEqual({ from: 0, to: 30 * SECOND_US });
  expect(tapped(view, view.to)).toEqual({ from: view.to - 15 * SECOND_US, to: view.to });
});

it("moves one end by keys and never past the other", () => {
  const span = { from: MINUTE_US, to: 2 * MINUTE_US };
  expect(moved(span, "from", 10 * MINUTE_US, view)).toEqual({ from: 2 * MINUTE_US - SECOND_US, to: 2 * MINUTE_US });
  expect(moved(span, "to", -10 * MINUTE_US, view)).toEqual({ from: MINUTE_US, to: MINUTE_US + SECOND_US });
  expect(moved(span, "to", 50 * MINUTE_US, view).to).toBe(MINUTE_US + MOST_US);
  expect(moved(span, "from", -10 * MINUTE_US, view).from).toBe(0);
});

it("keeps a view inside of what is there", () => {
  expect(viewOf(view, 10 * MINUTE_US, 20 * MINUTE_US)).toEqual({ from: 0, to: 20 * MINUTE_US });
  expect(viewOf(view, 90 * MINUTE_US, 20 * MINUTE_US)).toEqual({ from: 40 * MINUTE_US, to: 60 * MINUTE_US });
  expect(viewOf(view, 0, 600 * MINUTE_US)).toEqual(view);
});

it("counts what of a span is recorded", () => {
  expect(covered([[0, 10], [20, 30]], { from: 5, to: 25 })).toBe(10);
});
