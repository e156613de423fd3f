/** Sizes and keeping times in words. */
import type { TFunction } from "i18next";
import type { Item } from "../api/types";
import { codeText } from "../app/codes";
import { day } from "../app/format";

const UNITS = ["byte", "kilobyte", "megabyte", "gigabyte", "terabyte"] as const;

export function bytesText(bytes: number, language: string): string {
  const step = Math.min(UNITS.length - 1, Math.max(0, Math.floor(Math.log10(Math.max(1, bytes)) / 3)));
  return new Intl.NumberFormat(language, {
    style: "unit", unit: UNITS[step], unitDisplay: "short", maximumFractionDigits: step > 2 ? 1 : 0,
  }).format(bytes / 1000 ** step);
}

/** Until when an item is kept, and what decides it. */
export function kept(t: TFunction, item: Pick<Item, "keep_until" | "keep_reason" | "state">, language: string): string {
  if (item.state === "shredded" || item.state === "empty") return "";
  const why = codeText(t, "keep_reason", item.keep_reason);
  if (item.keep_until) return t("vault.kept_until", { day: day(item.keep_until, language), why });
  return item.keep_reason === "hold" ? t("vault.kept_hold") : t("vault.kept_later", { why });
}
