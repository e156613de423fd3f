import type { TFunction } from "i18next";
import { useEffect, useState } from "react";
import { useTranslation } from "react-i18next";
import { LANGUAGES, wordsOf, type Language } from "../i18n";
import type { Said } from "./request-text";
import { RequestText } from "./request-text";
import { utc, type Draft } from "./draft";

interface Props { draft: Draft; family: string; agency: string }

const NAMES: Record<Language, string> = { en: "English", fr: "Français", es: "Español" };
const DAY_MS = 86_400_000;

/** The text in any of the languages that residents read, while it is being written. */
export function ResidentPreview({ draft, family, agency }: Props) {
  const { t, i18n } = useTranslation();
  const [language, setLanguage] = useState<Language>(i18n.language as Language);
  const [words, setWords] = useState<{ language: Language; t: TFunction }>();

  useEffect(() => {
    let gone = false;
    void wordsOf(language).then((found) => {
      if (!gone) setWords({ language, t: found });
    });
    return () => {
      gone = true;
    };
  }, [language]);

  return (
    <section className="card stack" aria-label={t("requests.reads")}>
      <div className="row between">
        <h2>{t("requests.reads")}</h2>
        <select className="input" style={{ width: "auto" }} aria-label={t("requests.reads_in")} value={language} onChange={(event) => setLanguage(event.target.value as Language)}>
          {LANGUAGES.map((one) => <option key={one} value={one} lang={one}>{NAMES[one]}</option>)}
        </select>
      </div>
      {words && <RequestText t={words.t} language={words.language} request={saidOf(draft, family, agency)} heading="h3" />}
    </section>
  );
}

function saidOf(draft: Draft, family: string, agency: string): Said {
  return {
    agency_name: agency, family, case_number: draft.caseNumber, contact: draft.contact, words: draft.words,
    looking_for: [...draft.lookingFor] as Said["looking_for"], window_start: utc(draft.from), window_end: utc(draft.to),
    answer_by: new Date(Date.now() + draft.answerDays * DAY_MS).toISOString(),
  };
}
