import type { TFunction } from "i18next";
import type { VideoRequest } from "../api/types";
import { codeText } from "../app/codes";
import { day, dayAndTime } from "../app/format";

export type Said = Pick<
  VideoRequest,
  "agency_name" | "family" | "case_number" | "contact" | "looking_for" | "words" | "window_start" | "window_end" | "answer_by"
>;

interface Props { t: TFunction; language: string; request: Said; heading: "h1" | "h2" | "h3" }

/** Exactly what a resident reads: the desk's preview and the owner's page are this very component. */
export function RequestText({ t, language, request, heading: Heading }: Props) {
  const look = request.looking_for.map((code) => codeText(t, "looking_for", code)).join(", ");
  return (
    <div className="stack request-text" lang={language}>
      <Heading>{t("requests.text_title", { agency: request.agency_name })}</Heading>
      <ul className="terms-list">
        <li>{whenText(t, language, request)}</li>
        <li>{t("requests.text_where")}</li>
        <li>{t("requests.text_what", { family: codeText(t, "family", request.family) })}</li>
        <li><strong>{t("requests.text_look", { what: look || "…" })}</strong></li>
      </ul>
      {request.words && (
        <div className="stack tight">
          <p className="small muted">{t("requests.text_words")}</p>
          <blockquote dir="auto">{request.words}</blockquote>
        </div>
      )}
      <p className="small muted">
        {t("requests.text_case", { case: request.case_number || "…", contact: request.contact || "…" })}<br />
        {t("requests.text_until", { day: dayAndTime(request.answer_by, language) })}
      </p>
      <p className="note">{t("requests.text_free")}</p>
    </div>
  );
}

/** One day: the day once and two times; over midnight both days. */
export function whenText(t: TFunction, language: string, request: Pick<Said, "window_start" | "window_end">): string {
  const { window_start: from, window_end: to } = request;
  if (day(from, language) !== day(to, language)) {
    return t("requests.text_when_days", { from: dayAndTime(from, language), to: dayAndTime(to, language) });
  }
  const hour = new Intl.DateTimeFormat(language, { timeStyle: "short" });
  return t("requests.text_when", {
    day: new Intl.DateTimeFormat(language, { dateStyle: "full" }).format(new Date(from)),
    from: hour.format(new Date(from)), to: hour.format(new Date(to)),
  });
}
