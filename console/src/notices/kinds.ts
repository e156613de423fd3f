/** What people can be told of: the same files of words that the server makes its e-mails from (notices/kinds.py). */
import type { Language } from "../i18n";

export interface Words { title: string; short: string; text: string }
export type Kind = Record<Language, Words> & { minutes: number; page: string; roles: string[]; urgent: boolean; channels?: string[] };

const files = import.meta.glob<Record<string, Kind>>("../../../src/consentry/notices/words/*.json", {
  eager: true, import: "default",
});

/** By name, `noun.verb`. */
export const KINDS: Readonly<Record<string, Kind>> = Object.assign({}, ...Object.values(files)) as Record<string, Kind>;

/** The page that tells more, on this server whatever `object` holds. */
export function pageOf(kind: Kind | undefined, object: string): string {
  return (kind?.page ?? "/home").replace("{object}", encodeURIComponent(object));
}

export function wordsOf(kind: Kind, language: string): Words {
  return kind[language as Language] ?? kind.en;
}
