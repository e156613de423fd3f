import { useTranslation } from "react-i18next";
import type { Terms } from "../api/types";
import { codeText } from "../app/codes";
import { day } from "../app/format";

/** An owner's terms in plain words, one sentence each. */
export function TermsInWords({ terms }: { terms: Terms }) {
  const { t, i18n } = useTranslation();
  const purposes = terms.purposes.map((code) => codeText(t, "purpose", code)).join(" · ");
  if (terms.tier !== "live") {
    return (
      <ul className="terms-list">
        <li>{t("home.terms_no_look")}</li>
        <li>{t(terms.tier === "request" ? "home.terms_request" : "home.terms_no_request")}</li>
        <li>{t("home.terms_until", { day: day(terms.expires_at_ms, i18n.language) })}</li>
      </ul>
    );
  }
  return (
    <ul className="terms-list">
      <li>{t(terms.approval === "ask_me" ? "home.terms_ask_me" : "home.terms_automatic")}</li>
      <li>{t("home.terms_distance", { metres: terms.max_distance_m })}</li>
      <li>{t("home.terms_minutes", { count: terms.max_minutes_per_grant })}</li>
      <li>{isAlways(terms) ? t("home.terms_always") : <Hours terms={terms} />}</li>
      <li>{t("home.terms_purposes", { purposes })}</li>
      <li>{t("home.terms_types", { count: terms.call_types.length })}</li>
      {terms.view_attested.mask_sha256 !== "" && <li>{t("home.terms_masked")}</li>}
      <li>{t(terms.audio ? "home.terms_audio" : "home.terms_no_audio")}</li>
      <li>{t(terms.ptz ? "home.terms_turn" : "home.terms_no_turn")}</li>
      {!terms.emergency_ok && <li>{t("home.terms_no_emergency")}</li>}
      <li>{t("home.terms_until", { day: day(terms.expires_at_ms, i18n.language) })}</li>
    </ul>
  );
}

function isAlways(terms: Terms): boolean {
  return terms.hours.some((span) => span.days.length === 7 && span.from_min === 0 && span.to_min === 1440);
}

function Hours({ terms }: { terms: Terms }) {
  const { t } = useTranslation();
  if (terms.hours.length === 0) return <>{t("home.terms_never")}</>;
  const spans = terms.hours.map((span) => `${atMinute(span.from_min)}–${atMinute(span.to_min)}`);
  return <>{t("home.terms_hours", { hours: [...new Set(spans)].join(", ") })}</>;
}

export function atMinute(minute: number): string {
  return `${String(Math.floor(minute / 60)).padStart(2, "0")}:${String(minute % 60).padStart(2, "0")}`;
}
