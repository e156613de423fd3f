import i18next, { type TFunction } from "i18next";
import type { Problem } from "../api/client";
import { codeText } from "./codes";

const KNOWN = [
  "conflict", "disclosure-locked", "disclosure-over", "limit-reached", "link-or-passkey", "link-or-phrase", "malformed", "mandate-recorded", "not-found", "not-signed-in", "offline", "opening-over", "passkey-needed", "refused", "unavailable", "untrusted", "voluntary",
] as const;

const BY_STATUS: Record<number, (typeof KNOWN)[number]> = {
  400: "malformed", 401: "not-signed-in", 403: "refused", 404: "not-found", 409: "conflict", 429: "limit-reached",
  503: "unavailable",
};

/** A problem in plain words. The server explains in English; other languages get our words for its kind. */
export function problemText(t: TFunction, problem: Problem): string {
  if (problem.kind === "programme-lacks" && problem.conditions) {
    return t("problem.lacks", { what: problem.conditions.map((name) => codeText(t, "lacks", name.replaceAll("-", "_"))).join(", ") });
  }
  const says = problem.title !== "" && problem.title !== problem.kind;
  if (says && i18next.language === "en") return problem.title;
  const known = KNOWN.find((kind) => kind === problem.kind) ?? BY_STATUS[problem.status];
  return known ? t(`problem.${known}`) : problem.title || t("problem.other");
}
