/** Dark and light: the system's choice until the person makes one. */

export type Theme = "light" | "dark";
const KEY = "consentry-theme";

function systemTheme(): Theme {
  return matchMedia("(prefers-color-scheme: dark)").matches ? "dark" : "light";
}

export function currentTheme(): Theme {
  const chosen = localStorage.getItem(KEY);
  return chosen === "light" || chosen === "dark" ? chosen : systemTheme();
}

export function chooseTheme(theme: Theme): void {
  localStorage.setItem(KEY, theme);
  document.documentElement.dataset.theme = theme;
  dispatchEvent(new CustomEvent("consentry-theme", { detail: theme }));
}

/** Call before the first paint. */
export function startTheme(): void {
  document.documentElement.dataset.theme = currentTheme();
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => {
    const theme = currentTheme();
    document.documentElement.dataset.theme = theme;
    dispatchEvent(new CustomEvent("consentry-theme", { detail: theme }));
  });
}
