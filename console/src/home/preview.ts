/** Who could look when, as an example of tonight. Pure; what really decides is the policy and the box at home. */
import type { Terms } from "../api/types";

const EVENING_MIN = 22 * 60;
const DAYS = ["Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"];

/** Do the hours hold at this minute of the day of `now`, in the terms' own time zone? */
export function holdsAt(terms: Terms, now: Date, minute = EVENING_MIN): boolean {
  const name = new Intl.DateTimeFormat("en-US", { weekday: "short", timeZone: terms.time_zone }).format(now);
  const today = DAYS.indexOf(name);
  return terms.hours.some((span) => span.days.includes(today) && span.from_min <= minute && minute < span.to_min);
}

export type Sentence =
  | { say: "never" }
  | { say: "outside_hours" }
  | { say: "could"; type: string; metres: number; minutes: number; asks: boolean }
  | { say: "too_far"; type: string; metres: number };

/** The example: a call that these terms allow, at three quarters of their distance, then one that is too far. */
export function example(terms: Terms, now: Date): Sentence[] {
  const type = terms.call_types.includes("BURGLARY") ? "BURGLARY" : terms.call_types[0];
  if (terms.tier !== "live" || !type || terms.purposes.length === 0 || terms.hours.length === 0) return [{ say: "never" }];
  if (!holdsAt(terms, now)) return [{ say: "outside_hours" }];
  const metres = Math.max(50, Math.round((terms.max_distance_m * 0.75) / 50) * 50);
  return [
    { say: "could", type, metres: Math.min(metres, terms.max_distance_m), minutes: terms.max_minutes_per_grant, asks: terms.approval === "ask_me" },
    { say: "too_far", type, metres: terms.max_distance_m + 50 },
  ];
}
