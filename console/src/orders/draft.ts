/** An order as the form holds it, and as the server takes it. */
import type { OrderIn, OrderKind, OrderLine } from "../api/types";

export const KINDS: readonly OrderKind[] = ["search_warrant", "court_order", "subpoena", "preservation", "exigent"];
export const MOST_LINES = 20;
const DAY_MS = 86_400_000;
const HOUR_MS = 3_600_000;

/** A line of the form: `from` and `to` as `datetime-local` has them, of cameras alone. */
export interface DraftLine { target: OrderLine["target"]; about: string; from: string; to: string }

/** `datetime-local` of a moment, in the browser's own zone. */
export function localOf(at: number): string {
  const moment = new Date(at - new Date(at).getTimezoneOffset() * 60_000);
  return moment.toISOString().slice(0, 16);
}

/** What each kind may name. */
export function targetsOf(kind: OrderKind): OrderLine["target"][] {
  return kind === "preservation" ? ["item"] : ["camera", "answer"];
}

/** Does a court stand behind it? The law lets an agency say the other two by itself. */
export function namesCourt(kind: OrderKind): boolean {
  return kind !== "preservation" && kind !== "exigent";
}

/** The first line, as a link from another page names it (`/orders/new?target=…&about=…&from=…&to=…`). */
export function firstLine(search: string, now: number): DraftLine {
  const said = new URLSearchParams(search);
  const target = said.get("target");
  const timeOf = (name: string, fallback: number) => localOf(Number(said.get(name)) || fallback);
  return {
    target: target === "item" || target === "answer" ? target : "camera", about: said.get("about") ?? "",
    from: timeOf("from", now - 2 * HOUR_MS), to: timeOf("to", now - HOUR_MS),
  };
}

/** The longest that an order of this kind lasts from now, which the form offers. */
export function lastDay(kind: OrderKind, now: number): string {
  return localOf(now + (kind === "exigent" ? DAY_MS : 30 * DAY_MS));
}

/** The body of `POST /orders`, from the form's fields and its lines. */
export function orderOf(agency: string, kind: OrderKind, said: FormData, lines: readonly DraftLine[]): OrderIn {
  const text = (name: string) => String(said.get(name) ?? "");
  const moment = (value: string) => new Date(value).toISOString();
  const seal = text("seal");
  return {
    agency, kind, court: text("court"), docket: text("docket"), judge: text("judge"), phone: text("phone"),
    words: text("words"), certificate: text("certificate"), renews: text("renews"), issued_at: moment(text("issued")),
    expires_at: moment(text("expires")), seal_until: seal ? moment(seal) : null,
    lines: lines.map(({ target, about, from, to }) => ({
      target, about: about.trim(), window_start: target === "camera" ? moment(from) : null,
      window_end: target === "camera" ? moment(to) : null,
    })),
  };
}
