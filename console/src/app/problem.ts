import i18next, { type TFunction } from "i18next";
import type { Problem } from "../api/client";
import { codeText } from "./codes";

const KNOWN = [
  "alert", "alert-area", "alert-over", "alerts-per-day", "answer-gone", "answer-held", "answer-opened",
  "answer-size", "answer-twice", "answer-type", "answers-of-home", "clip-camera", "clip-file", "clip-window",
  "comments-per-hour", "conflict", "contest-why", "corrections", "cover", "deletion-word", "disclosure-locked",
  "disclosure-over", "document-acts", "document-large", "document-missing", "document-type",
  "exigent-unreviewed", "export-not-ready", "export-per-day", "factor-again", "fresh-sign-in", "keep-days",
  "last-manager", "limit-reached", "link-or-passkey", "link-or-phrase", "malformed", "mandate-recorded",
  "mask-asks", "moves", "new-neighbor", "no-programme", "not-found", "not-joined", "not-logged",
  "not-particular", "not-reviewed", "not-signed-in", "not-urgent", "offline", "opening-needed", "opening-over",
  "order-frozen", "order-over", "order-refused", "order-reviewed", "order-unexecuted", "order-unreviewed",
  "outside-city", "own-order", "passkey-needed", "picture-bytes", "picture-damaged", "picture-form",
  "picture-too-large", "picture-two-files", "picture-waiting", "pictures", "posts-in-cell", "posts-per-day",
  "profiling", "redaction-changed", "refused", "repeated", "reports-per-day", "request-case", "request-over",
  "request-refused", "review-claimed", "review-late", "same-person", "second-person", "text-empty", "text-long",
  "text-place", "unavailable", "untrusted", "upload-hash", "video-bytes", "video-damaged", "video-form",
  "video-long", "voluntary",
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
  if (says && i18next.language === "en" && problem.kind !== "profiling") return problem.title;
  const known = KNOWN.find((kind) => kind === problem.kind) ?? BY_STATUS[problem.status];
  return known ? t(`problem.${known}`) : problem.title || t("problem.other");
}
