import { useState, type FormEvent } from "react";
import { useTranslation } from "react-i18next";
import type { Alert } from "../api/types";

export const ALERT_LANGUAGES = ["en", "fr", "es"] as const;
export type AlertLanguage = (typeof ALERT_LANGUAGES)[number];
export type AlertText = Alert["texts"][number];

const FIELDS = ["event", "headline", "description", "instruction", "area_name"] as const;

/** What a reader of `language` reads: their own, else the agency's first. */
export function textOf(alert: Alert, language: string): AlertText | undefined {
  return alert.texts.find((text) => text.language === language) ?? alert.texts[0];
}

/** A name of a language, in itself. */
export function languageName(language: string): string {
  return new Intl.DisplayNames([language], { type: "language" }).of(language) ?? language;
}

/** The texts that were filled in, the first language first; a further one counts where its headline or text stands. */
export function textsOf(form: FormData, first: string): AlertText[] {
  const said = (language: string, name: string) => String(form.get(`${language}-${name}`) ?? "").trim();
  const all = [first, ...ALERT_LANGUAGES.filter((language) => language !== first)];
  return all
    .map((language) => ({ language, ...Object.fromEntries(FIELDS.map((name) => [name, said(language, name)])) }) as AlertText)
    .filter((text) => text.language === first || text.headline || text.description || text.event);
}

interface Props { language: string; isFirst?: boolean; isNeeded?: boolean; earlier: AlertText | undefined }

/** What is said in one language; all but advice and the area's name where it is needed. */
export function AlertTextFields({ language, isFirst = false, isNeeded = isFirst, earlier }: Props) {
  const { t } = useTranslation();
  const field = (name: string, label: string, most: number, isOptional = false) => (
    <div className="field"><label htmlFor={`a-${language}-${name}`}>{label}</label>
      <input className="input" id={`a-${language}-${name}`} name={`${language}-${name}`} lang={language} required={isNeeded && !isOptional} maxLength={most}
        defaultValue={earlier?.[name as keyof AlertText]} /></div>
  );
  const area = (name: "description" | "instruction", label: string, rows: number, most: number) => (
    <div className="field"><label htmlFor={`a-${language}-${name}`}>{label}</label>
      <textarea className="input" id={`a-${language}-${name}`} name={`${language}-${name}`} lang={language} rows={rows} maxLength={most}
        required={isNeeded && name === "description"} defaultValue={earlier?.[name]} /></div>
  );
  return (
    <>
      {field("event", t("neighbors.alert_event"), 60)}
      {field("headline", t("neighbors.alert_headline"), 160)}
      {area("description", t("neighbors.alert_text"), 4, 2_000)}
      {area("instruction", t("neighbors.alert_instruction"), 2, 1_000)}
      {!isFirst && field("area_name", t("neighbors.area_name"), 160, true)}
    </>
  );
}

/** The other languages, each behind its name; open where something is said already. */
export function OtherLanguages({ first, earlier }: { first: string; earlier: Alert | undefined }) {
  const { t } = useTranslation();
  return (
    <div className="stack tight">
      <p className="hint">{t("neighbors.alert_languages")}</p>
      {ALERT_LANGUAGES.filter((language) => language !== first).map((language) => (
        <Other key={language} language={language} earlier={earlier?.texts.find((one) => one.language === language)} />
      ))}
    </div>
  );
}

/** Whoever begins a language says all of it. */
function Other({ language, earlier }: { language: string; earlier: AlertText | undefined }) {
  const [isBegun, setBegun] = useState(earlier !== undefined);
  const look = (event: FormEvent<HTMLElement>) =>
    setBegun([...event.currentTarget.querySelectorAll<HTMLInputElement>("input, textarea")].some((one) => one.value.trim() !== ""));
  return (
    <details open={earlier !== undefined}>
      <summary lang={language}>{languageName(language)}</summary>
      <div className="stack in-details" role="group" aria-label={languageName(language)} onInput={look}>
        <AlertTextFields language={language} isNeeded={isBegun} earlier={earlier} />
      </div>
    </details>
  );
}
