/** Arithmetic of the time line. All times are microseconds of UTC, spans half-open. */

export interface ReelSpan { from: number; to: number }

export const SECOND_US = 1_000_000;
export const MINUTE_US = 60 * SECOND_US;
export const HOUR_US = 60 * MINUTE_US;
/** The longest span that the box plays or cuts. */
export const MOST_US = 30 * MINUTE_US;
export const LEAST_US = SECOND_US;
const TAP_US = 30 * SECOND_US;

/** Where a place between 0 and 1 of the line lies in time, to the second. */
export function timeAt(view: ReelSpan, place: number): number {
  const at = view.from + Math.min(1, Math.max(0, place)) * (view.to - view.from);
  return Math.round(at / SECOND_US) * SECOND_US;
}

/** Where a time lies on the line, in hundredths; outside of 0 to 100 when it is out of sight. */
export function placeOf(view: ReelSpan, at: number): number {
  return ((at - view.from) / (view.to - view.from)) * 100;
}

/** The span between two times in any order: at least a second, at most half an hour from where the drag began. */
export function dragged(anchor: number, at: number): ReelSpan {
  if (at >= anchor) return { from: anchor, to: Math.min(Math.max(at, anchor + LEAST_US), anchor + MOST_US) };
  return { from: Math.max(at, anchor - MOST_US), to: anchor };
}

/** What a tap means: half a minute around it, within `view`. */
export function tapped(view: ReelSpan, at: number): ReelSpan {
  const from = Math.max(view.from, at - TAP_US / 2);
  return { from, to: Math.min(view.to, from + TAP_US) };
}

/** One end moved by keys; the other one stays, and the span stays one. */
export function moved(span: ReelSpan, end: "from" | "to", by: number, within: ReelSpan): ReelSpan {
  if (end === "from") {
    const from = Math.min(Math.max(span.from + by, within.from, span.to - MOST_US), span.to - LEAST_US);
    return { ...span, from };
  }
  return { ...span, to: Math.max(Math.min(span.to + by, within.to, span.from + MOST_US), span.from + LEAST_US) };
}

/** A view of `length` that ends at `end`, kept inside `within`. */
export function viewOf(within: ReelSpan, end: number, length: number): ReelSpan {
  const size = Math.min(length, within.to - within.from);
  const to = Math.min(Math.max(end, within.from + size), within.to);
  return { from: to - size, to };
}

/** How much of `span` is recorded, µs. */
export function covered(spans: readonly (readonly [number, number])[], span: ReelSpan): number {
  return spans.reduce((sum, [from, to]) => sum + Math.max(0, Math.min(to, span.to) - Math.max(from, span.from)), 0);
}
