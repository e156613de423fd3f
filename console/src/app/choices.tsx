import { useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { chooseLanguage, LANGUAGES, type Language } from "../i18n";
import { chooseTheme, currentTheme } from "./theme";

const NAMES: Record<Language, string> = { en: "English", fr: "Français", es: "Español" };

export function LanguageChoice() {
  const { t, i18n } = useTranslation();
  const client = useQueryClient();
  async function choose(language: Language) {
    await chooseLanguage(language);
    await client.invalidateQueries(); // names of call types come in the language of the question
  }
  return (
    <select
      className="quiet-select"
      aria-label={t("shell.language")}
      value={i18n.language}
      onChange={(event) => void choose(event.target.value as Language)}
    >
      {LANGUAGES.map((tag) => <option key={tag} value={tag} lang={tag}>{NAMES[tag]}</option>)}
    </select>
  );
}

export function ThemeChoice() {
  const { t } = useTranslation();
  const [theme, setTheme] = useState(currentTheme);
  const other = theme === "dark" ? "light" : "dark";
  return (
    <button
      type="button"
      className="icon-btn"
      aria-label={t(other === "dark" ? "shell.to_dark" : "shell.to_light")}
      onClick={() => {
        chooseTheme(other);
        setTheme(other);
      }}
    >
      <svg width="20" height="20" viewBox="0 0 20 20" aria-hidden="true">
        <circle cx="10" cy="10" r="7" fill="none" stroke="currentColor" strokeWidth="1.6" />
        <path d="M10 3a7 7 0 0 1 0 14z" fill="currentColor" />
      </svg>
    </button>
  );
}
