/** English, French, Spanish; only the language in use is loaded. */
import i18next, { type TFunction } from "i18next";
import { initReactI18next } from "react-i18next";

export const LANGUAGES = ["en", "fr", "es"] as const;
export type Language = (typeof LANGUAGES)[number];
const KEY = "consentry-language";

const loaders = {
  en: () => import("./en"),
  fr: () => import("./fr"),
  es: () => import("./es"),
};

export function preferredLanguage(): Language {
  const wanted = [localStorage.getItem(KEY) ?? "", ...navigator.languages];
  return wanted.map((tag) => LANGUAGES.find((known) => tag.startsWith(known))).find((known) => known) ?? "en";
}

async function load(language: Language): Promise<void> {
  const { words } = await loaders[language]();
  i18next.addResourceBundle(language, "translation", words, true, true);
}

export async function startLanguage(language: Language = preferredLanguage()): Promise<void> {
  await i18next.use(initReactI18next).init({
    lng: language, fallbackLng: false, resources: {}, interpolation: { escapeValue: false },
  });
  await chooseLanguage(language, false);
}

export async function chooseLanguage(language: Language, keep = true): Promise<void> {
  await load(language);
  if (keep) localStorage.setItem(KEY, language);
  await i18next.changeLanguage(language);
  document.documentElement.lang = language;
}

/** Words of any of our languages, also of one that is not in use: a preview shows what others read. */
export async function wordsOf(language: Language): Promise<TFunction> {
  await load(language);
  return i18next.getFixedT(language);
}
