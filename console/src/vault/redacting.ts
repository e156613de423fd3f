/** Pure parts of a redaction's page: frames and times, boxes that move, what is left to be seen. */
import type { DrawnRegion, FaceTrack, RedactionEdited, RedactionEdits, RedactionFound, ReviewedRange } from "../api/types";

/** A picture's width and height in places. */
export const SPAN = 10_000;
export const LEAST = 100;

export interface Box { left: number; top: number; right: number; bottom: number }

type TrackMove = RedactionEdits["moves"][number];
type Corners = DrawnRegion["keys"][number]["corners"];

/** The frame that is shown at `us` after the item's beginning. */
export function frameAt(atUs: readonly number[], us: number): number {
  let low = 0;
  let high = atUs.length - 1;
  while (low < high) {
    const middle = Math.ceil((low + high) / 2);
    if ((atUs[middle] ?? 0) <= us + 500) low = middle;
    else high = middle - 1;
  }
  return low;
}

/** An instant well inside the time that `frame` is shown, in µs: where a player is sent to show it. */
export function insideUs(atUs: readonly number[], frame: number): number {
  const at = atUs[frame] ?? 0;
  const next = atUs[frame + 1] ?? at + 20_000;
  return at + Math.min(10_000, (next - at) / 2);
}

/** The place in `ranges` of the one that holds `frame`. */
export function rangeOf(ranges: readonly ReviewedRange[], frame: number): number {
  return Math.max(0, ranges.findIndex((range) => frame >= range.start && frame < range.end));
}

/** Where a followed face is at `frame`, for pointing at it; undefined far from where it was found. */
export function trackBox(track: FaceTrack, frame: number, holdFrames: number): Box | undefined {
  const first = track.finds[0];
  const last = track.finds.at(-1);
  if (!first || !last || frame < first[0] - holdFrames || frame > last[0] + holdFrames) return undefined;
  const after = track.finds.findIndex((find) => find[0] >= frame);
  const next = after < 0 ? last : (track.finds[after] ?? last);
  const before = after < 0 ? last : (track.finds[Math.max(0, after - 1)] ?? first);
  const share = next[0] > before[0] ? Math.min(1, Math.max(0, (frame - before[0]) / (next[0] - before[0]))) : 0;
  const mix = (from: number, to: number) => clamp(Math.round(from + share * (to - from)), 0, SPAN);
  return { left: mix(before[1], next[1]), top: mix(before[2], next[2]), right: mix(before[3], next[3]), bottom: mix(before[4], next[4]) };
}

/** `track` with what people moved, for pointing at it; what is hidden the server says (docs/spec/redaction.md, Moves). */
export function movedTrack(track: FaceTrack, moves: readonly TrackMove[]): FaceTrack {
  const put = new Map(moves.filter((move) => move.track === track.name).map((move) => [move.frame, move]));
  const first = track.finds[0]?.[0] ?? 0;
  const last = track.finds.at(-1)?.[0] ?? 0;
  if (put.size === 0) return track;
  const found = new Map(track.finds.map((find) => [find[0], find]));
  let carry: ((box: Box) => Box) | undefined;
  const finds: FaceTrack["finds"] = [];
  for (const frame of [...new Set([...put.keys(), ...found.keys()])].toSorted((one, other) => one - other)) {
    const move = put.get(frame);
    const find = found.get(frame);
    if (move) {
      const [left, top, right, bottom] = move.box;
      const from = frame >= first && frame <= last ? trackBox(track, frame, 0) : undefined;
      carry = from && carried(from, { left, top, right, bottom });
      finds.push([frame, left, top, right, bottom, 1_000]);
    } else if (find) {
      const box = { left: find[1], top: find[2], right: find[3], bottom: find[4] };
      const { left, top, right, bottom } = carry ? carry(box) : box;
      finds.push([frame, left, top, right, bottom, find[5]]);
    }
  }
  return { ...track, finds };
}

/** How a later box of a track follows when the one at `from` was put to `to`. */
function carried(from: Box, to: Box): (box: Box) => Box {
  return (box) => {
    const wide = Math.ceil(((box.right - box.left) * (to.right - to.left)) / (from.right - from.left));
    const high = Math.ceil(((box.bottom - box.top) * (to.bottom - to.top)) / (from.bottom - from.top));
    const left = Math.floor((box.left + box.right + to.left + to.right - from.left - from.right - wide) / 2);
    const top = Math.floor((box.top + box.bottom + to.top + to.bottom - from.top - from.bottom - high) / 2);
    return { left, top, right: left + wide, bottom: top + high };
  };
}

/** Edits with `track` put to `box` at `frame`. */
export function withMove(edits: RedactionEdits, track: string, frame: number, { left, top, right, bottom }: Box): RedactionEdits {
  const others = edits.moves.filter((move) => move.track !== track || move.frame !== frame);
  return { ...edits, moves: [...others, { track, frame, box: [left, top, right, bottom] }] };
}

/** Edits with `track` as it was found. */
export function withoutMoves(edits: RedactionEdits, track: string): RedactionEdits {
  return { ...edits, moves: edits.moves.filter((move) => move.track !== track) };
}

/** Frames [first, end) in which a track may hide something. */
export function trackSpan(track: FaceTrack, atUs: readonly number[], holdUs: number): [number, number] {
  const first = atUs[track.finds[0]?.[0] ?? 0] ?? 0;
  const last = atUs[track.finds.at(-1)?.[0] ?? 0] ?? 0;
  return [frameAt(atUs, first - holdUs), frameAt(atUs, last + holdUs) + 1];
}

/** The smallest box around a region's corners at `frame`; undefined where it does not hide. */
export function regionBox(region: DrawnRegion, frame: number): Box | undefined {
  const first = region.keys[0];
  if (!first || frame < first.frame || frame >= region.end) return undefined;
  const place = region.keys.findLastIndex((key) => key.frame <= frame);
  const before = region.keys[place] ?? first;
  const after = region.keys[place + 1];
  const share = after ? (frame - before.frame) / (after.frame - before.frame) : 0;
  const corners = before.corners.map(([across, down], at): [number, number] => {
    const [toAcross, toDown] = after?.corners[at] ?? [across, down];
    return [Math.round(across + share * (toAcross - across)), Math.round(down + share * (toDown - down))];
  });
  return around(corners);
}

export function around(corners: Corners): Box {
  const across = corners.map(([x]) => x);
  const down = corners.map(([, y]) => y);
  return { left: Math.min(...across), top: Math.min(...down), right: Math.max(...across), bottom: Math.max(...down) };
}

export function cornersOf({ left, top, right, bottom }: Box): Corners {
  return [[left, top], [right, top], [right, bottom], [left, bottom]];
}

/** `region` with its place at `frame` being `box`: a key there, in its order. All keys become rectangles. */
export function withKey(region: DrawnRegion, frame: number, box: Box): DrawnRegion {
  const others = region.keys.filter((key) => key.frame !== frame).map((key) => (
    key.corners.length === 4 ? key : { ...key, corners: cornersOf(around(key.corners)) }
  ));
  const keys = [...others, { frame, corners: cornersOf(box) }].toSorted((one, other) => one.frame - other.frame);
  return { ...region, keys, end: Math.max(region.end, (keys.at(-1)?.frame ?? frame) + 1) };
}

/** `region` hiding from `frame` on, where it is then. */
export function beginningAt(region: DrawnRegion, frame: number): DrawnRegion {
  const here = regionBox(region, frame) ?? around(region.keys[0]?.corners ?? cornersOf({ left: 0, top: 0, right: SPAN, bottom: SPAN }));
  return withKey({ ...region, keys: region.keys.filter((key) => key.frame > frame), end: Math.max(region.end, frame + 1) }, frame, here);
}

/** `region` hiding up to `frame` and no further. */
export function endingAt(region: DrawnRegion, frame: number): DrawnRegion {
  const first = region.keys[0];
  if (!first || frame < first.frame) return region;
  const here = regionBox(region, frame);
  const keys = region.keys.filter((key) => key.frame <= frame);
  const cut = { ...region, keys, end: frame + 1 };
  return here && region.keys.length > keys.length ? withKey(cut, frame, here) : cut;
}

/** `box` moved and grown, kept inside the picture and no smaller than can be seen. */
export function changedBox(box: Box, by: { x: number; y: number }, side: "all" | "nw" | "ne" | "sw" | "se"): Box {
  if (side === "all") {
    const x = clamp(by.x, -box.left, SPAN - box.right);
    const y = clamp(by.y, -box.top, SPAN - box.bottom);
    return { left: box.left + x, top: box.top + y, right: box.right + x, bottom: box.bottom + y };
  }
  return {
    left: side.endsWith("w") ? clamp(box.left + by.x, 0, box.right - LEAST) : box.left,
    right: side.endsWith("e") ? clamp(box.right + by.x, box.left + LEAST, SPAN) : box.right,
    top: side.startsWith("n") ? clamp(box.top + by.y, 0, box.bottom - LEAST) : box.top,
    bottom: side.startsWith("s") ? clamp(box.bottom + by.y, box.top + LEAST, SPAN) : box.bottom,
  };
}

/** A name that no region has yet. */
export function freshName(regions: readonly DrawnRegion[]): string {
  const taken = regions.map((region) => Number(region.name)).filter(Number.isFinite);
  return String(Math.max(0, ...taken) + 1);
}

export interface Summary {
  faces: number; shown: number; regions: number; silent: boolean; spans: number; ranges: number; unseen: number;
}

/** What a redaction does, and what is left to be looked at. */
export function summaryOf(found: RedactionFound, edited: RedactionEdited): Summary {
  const { edits, ranges } = edited;
  return {
    faces: found.tracks.length - edits.dismissed.length, shown: edits.dismissed.length, regions: edits.regions.length,
    silent: !found.has_sound || !edits.keep_sound, spans: edits.sound_spans.length, ranges: ranges.length,
    unseen: ranges.filter((range) => !range.reviewed_at).length,
  };
}

/** The next range after `number` that nobody looked at; undefined when all were. */
export function nextUnseen(ranges: readonly ReviewedRange[], number: number): number | undefined {
  const order = ranges.map((_, place) => (number + 1 + place) % ranges.length);
  return order.find((place) => !ranges[place]?.reviewed_at);
}

/** Edits with one region put in the place of its namesake, or added. */
export function withRegion(edits: RedactionEdits, region: DrawnRegion): RedactionEdits {
  const known = edits.regions.some((one) => one.name === region.name);
  return { ...edits, regions: known ? edits.regions.map((one) => (one.name === region.name ? region : one)) : [...edits.regions, region] };
}

/** `0:07.36`: minutes, seconds, hundredths since the item began. */
export function clock(us: number): string {
  const hundredths = Math.floor(us / 10_000);
  const seconds = Math.floor(hundredths / 100);
  return `${Math.floor(seconds / 60)}:${String(seconds % 60).padStart(2, "0")}.${String(hundredths % 100).padStart(2, "0")}`;
}

function clamp(value: number, least: number, most: number): number {
  return Math.min(most, Math.max(least, value));
}
