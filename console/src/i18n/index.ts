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
/** What no page of a resident says: it comes with the first page that does, so that theirs come sooner. */
const deskLoaders = {
  en: () => import("./en/desk"),
  fr: () => import("./fr/desk"),
  es: () => import("./es/desk"),
};
let atDesk = false;
let inUse: Language = "en";

void i18next.use(initReactI18next).init({
  lng: "en", fallbackLng: false, resources: {}, interpolation: { escapeValue: false }, initAsync: false,
});

export function preferredLanguage(): Language {
  const wanted = [localStorage.getItem(KEY) ?? "", ...navigator.languages];
  return wanted.map((tag) => LANGUAGES.find((known) => tag.startsWith(known))).find((known) => known) ?? "en";
}

async function load(language: Language): Promise<void> {
  const [{ words }, desk] = await Promise.all([loaders[language](), atDesk ? deskLoaders[language]() : undefined]);
  i18next.addResourceBundle(language, "translation", words, true, true);
  if (desk) i18next.addResourceBundle(language, "translation", desk.desk, true, true);
}

/** Before a page that speaks of the desk's things is shown: its words are there, in each language chosen from now on. */
export async function loadDesk(): Promise<void> {
  atDesk = true;
  const { desk } = await deskLoaders[inUse]();
  i18next.addResourceBundle(inUse, "translation", desk, true, true);
}

/** The language that the person chose or whose browser asks for it. Before the first page. */
export async function startLanguage(): Promise<void> {
  const language = preferredLanguage();
  document.documentElement.lang = language;  // what is fetched meanwhile is asked for in it
  await chooseLanguage(language, false);
}

export async function chooseLanguage(language: Language, keep = true): Promise<void> {
  inUse = language;
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
