import { useTranslation } from "react-i18next";
import type { Terms } from "../api/types";
import { codeText } from "../app/codes";
import { example, type Sentence } from "./preview";

/** What these terms would mean tonight, while they are edited. */
export function TermsPreview({ terms }: { terms: Terms }) {
  const { t } = useTranslation();
  const said = (sentence: Sentence) => {
    if (sentence.say === "never") return t("home.preview_never");
    if (sentence.say === "outside_hours") return t("home.preview_outside");
    const type = codeText(t, "call_type", sentence.type);
    if (sentence.say === "too_far") return t("home.preview_far", { type, metres: sentence.metres });
    const about = { type, metres: sentence.metres, count: sentence.minutes };
    return sentence.asks ? t("home.preview_asked", about) : t("home.preview_open", about);
  };
  return (
    <div className="note" role="status" aria-label={t("home.preview")}>
      {example(terms, new Date()).map((sentence) => <p key={sentence.say}>{said(sentence)}</p>)}
    </div>
  );
}
