import type { TFunction } from "i18next";
import type { words } from "../i18n/en";

export type CodeGroup = keyof typeof words.codes;

/** A closed code in plain words; an unknown one is shown as it is, readable, never hidden. */
export function codeText(t: TFunction, group: CodeGroup, code: string | null | undefined, fallback?: string): string {
  if (!code) return "";
  return t(`codes.${group}.${code}` as "codes.role.owner", { defaultValue: fallback ?? code.replaceAll("_", " ") });
}
