/** What somebody is composing, and the body that it becomes. */
import type { Incident } from "../api/types";

export const LOOKING_FOR = ["vehicle", "person", "damage", "fire", "anything"] as const;
/** Square miles that may be chosen, and square metres in one. */
export const AREAS = [0.05, 0.1, 0.25, 0.5] as const;
export const ANSWER_DAYS = [1, 3, 7, 14] as const;
const SQ_M_PER_SQ_MILE = 2_589_988;
const HOUR_MS = 3_600_000;

export interface Draft {
  incident: string;
  caseNumber: string;
  contact: string;
  /** As `<input type="datetime-local">` has it: the desk's own clock. */
  from: string;
  to: string;
  squareMiles: number;
  lookingFor: readonly string[];
  words: string;
  answerDays: number;
}

/** An hour before the call to an hour after it, or to now. */
export function draftFor(call: Incident | undefined): Draft {
  const reported = call ? new Date(call.reported_at).getTime() : Date.now();
  const end = Math.min(reported + HOUR_MS, Date.now() - 60_000);
  return {
    incident: call?.id ?? "", caseNumber: "", contact: "", from: local(end - 2 * HOUR_MS), to: local(end),
    squareMiles: 0.1, lookingFor: [], words: "", answerDays: 7,
  };
}

export function bodyOf(draft: Draft): Record<string, unknown> {
  return {
    incident: draft.incident, case_number: draft.caseNumber, contact: draft.contact, looking_for: draft.lookingFor,
    window_start: utc(draft.from), window_end: utc(draft.to), words: draft.words, answer_days: draft.answerDays,
    area_sq_m: Math.floor(draft.squareMiles * SQ_M_PER_SQ_MILE),
  };
}

/** An instant in UTC; the epoch while the field is empty, which the server refuses with its rule. */
export function utc(value: string): string {
  const moment = new Date(value);
  return (Number.isNaN(moment.getTime()) ? new Date(0) : moment).toISOString();
}

function local(ms: number): string {
  const moment = new Date(ms - new Date(ms).getTimezoneOffset() * 60_000);
  return moment.toISOString().slice(0, 16);
}
