import { describe, expect, it } from "vitest";
import type { DrawnRegion, FaceTrack, ReviewedRange } from "../src/api/types";
import {
  beginningAt, changedBox, clock, cornersOf, endingAt, frameAt, insideUs, movedTrack, nextUnseen, rangeOf, regionBox, trackBox, withKey,
} from "../src/vault/redacting";

const TIMES = [0, 40_000, 80_000, 200_000, 240_000];
const BOX = { left: 1_000, top: 2_000, right: 3_000, bottom: 4_000 };
const MOVED = { left: 2_000, top: 2_000, right: 4_000, bottom: 4_000 };

function region(...keys: [number, typeof BOX][]): DrawnRegion {
  return { name: "1", end: 100, keys: keys.map(([frame, box]) => ({ frame, corners: cornersOf(box) })) };
}

function range(start: number, end: number, reviewed_at: string | null): ReviewedRange {
  return { start, end, sha256: "", reviewer: reviewed_at ? "A" : "", reviewed_at };
}

describe("frames and times", () => {
  it("finds each frame again from an instant inside it", () => {
    for (const frame of TIMES.keys()) expect(frameAt(TIMES, insideUs(TIMES, frame))).toBe(frame);
    expect(frameAt(TIMES, -5)).toBe(0);
    expect(frameAt(TIMES, 199_000)).toBe(2);
    expect(frameAt(TIMES, 9_000_000)).toBe(4);
  });

  it("says times as people read them", () => {
    expect(clock(0)).toBe("0:00.00");
    expect(clock(67_360_000)).toBe("1:07.36");
  });
});

describe("regions", () => {
  it("travel in a straight line between their positions and hide nothing outside them", () => {
    const two = region([10, BOX], [20, MOVED]);
    expect(regionBox(two, 9)).toBeUndefined();
    expect(regionBox(two, 10)).toEqual(BOX);
    expect(regionBox(two, 15)).toEqual({ ...BOX, left: 1_500, right: 3_500 });
    expect(regionBox(two, 99)).toEqual(MOVED);
    expect(regionBox(two, 100)).toBeUndefined();
  });

  it("get a position where they are moved, in order, one for each frame", () => {
    const made = withKey(withKey(region([10, BOX]), 5, MOVED), 10, MOVED);
    expect(made.keys.map((key) => key.frame)).toEqual([5, 10]);
    expect(regionBox(made, 10)).toEqual(MOVED);
    expect(withKey(region([10, BOX]), 120, MOVED).end).toBe(121);
  });

  it("begin and end where somebody says, and stay where they were in between", () => {
    const two = region([10, BOX], [20, MOVED]);
    expect(regionBox(beginningAt(two, 15), 15)).toEqual(regionBox(two, 15));
    expect(regionBox(beginningAt(two, 15), 14)).toBeUndefined();
    expect(regionBox(beginningAt(two, 2), 3)).toBeDefined();
    const cut = endingAt(two, 15);
    expect([cut.end, regionBox(cut, 15), regionBox(cut, 16)]).toEqual([16, regionBox(two, 15), undefined]);
    expect(regionBox(cut, 13)).toEqual(regionBox(two, 13));
  });

  it("stay inside the picture and never become nothing", () => {
    expect(changedBox(BOX, { x: -5_000, y: 9_000 }, "all")).toEqual({ left: 0, top: 8_000, right: 2_000, bottom: 10_000 });
    expect(changedBox(BOX, { x: -9_000, y: -9_000 }, "se")).toEqual({ ...BOX, right: 1_100, bottom: 2_100 });
    expect(changedBox(BOX, { x: 9_000, y: -9_000 }, "nw")).toEqual({ ...BOX, left: 2_900, top: 0 });
  });
});

describe("faces and ranges", () => {
  it("points at a face between its finds and a little around them", () => {
    const track: FaceTrack = { name: "0", finds: [[10, 0, 0, 100, 100, 900], [20, 1_000, 0, 1_100, 100, 900]] };
    expect(trackBox(track, 15, 3)).toEqual({ left: 500, top: 0, right: 600, bottom: 100 });
    expect(trackBox(track, 8, 3)).toEqual({ left: 0, top: 0, right: 100, bottom: 100 });
    expect(trackBox(track, 23, 3)).toEqual({ left: 1_000, top: 0, right: 1_100, bottom: 100 });
    expect(trackBox(track, 24, 3)).toBeUndefined();
  });

  it("follows a face from where somebody put it, and as it was found before that", () => {
    const track: FaceTrack = { name: "0", finds: [[10, 0, 0, 100, 100, 900], [20, 1_000, 0, 1_100, 100, 900], [30, 2_000, 0, 2_100, 100, 900]] };
    const move = { track: "0", frame: 20, box: [900, 500, 1_100, 700] as [number, number, number, number] };
    expect(movedTrack(track, [{ ...move, track: "1" }])).toBe(track);
    expect(movedTrack(track, [move]).finds).toEqual([[10, 0, 0, 100, 100, 900], [20, 900, 500, 1_100, 700, 1_000], [30, 1_900, 500, 2_100, 700, 900]]);
    expect(movedTrack(track, [{ ...move, frame: 35 }]).finds.slice(0, 3)).toEqual(track.finds);
  });

  it("goes on to the next part that nobody looked at, round the end", () => {
    const ranges = [range(0, 5, null), range(5, 9, "2026-01-01"), range(9, 12, null)];
    expect(rangeOf(ranges, 9)).toBe(2);
    expect([nextUnseen(ranges, 0), nextUnseen(ranges, 2), nextUnseen(ranges, -1)]).toEqual([2, 0, 0]);
    expect(nextUnseen([range(0, 5, "2026-01-01")], 0)).toBeUndefined();
  });
});
