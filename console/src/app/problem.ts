import type { TFunction } from "i18next";
import type { Problem } from "../api/client";

const KNOWN = [
  "conflict", "limit-reached", "malformed", "not-found", "not-signed-in", "offline", "refused", "unavailable", "untrusted",
] as const;

/** A problem's text: ours for the kinds that we know, else what the server says. */
export function problemText(t: TFunction, problem: Problem): string {
  const known = KNOWN.find((kind) => kind === problem.kind);
  if (known && (!problem.title || problem.title === problem.kind)) return t(`problem.${known}`);
  if (problem.title && problem.title !== problem.kind) return problem.title;
  return t("problem.other");
}
