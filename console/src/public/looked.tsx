import { useMemo } from "react";
import type { TFunction } from "i18next";
import { useTranslation } from "react-i18next";
import { Show, useLoaded } from "../api/loaded";
import type { AreaLooks, DayOfLooks } from "../api/types";
import { DataTable } from "../design/data-table";
import { lastDays, type Area } from "./areas";

const DAYS = 30;

/** Was this place looked at? Whole days, in bands of five, from what the log reveals. */
export function Looked({ area }: { area: Area }) {
  const { t } = useTranslation();
  const span = useMemo(() => lastDays(Date.now(), DAYS), []);
  const looks = useLoaded<AreaLooks>(`/public/cells/${area.cell}/looks?first=${span.first}&last=${span.last}`);
  return (
    <Show of={looks} lines={4}>
      {({ days }) => (
        <div className="stack" aria-live="polite">
          <p><strong>{t("places.area_number", { number: area.number })}</strong> <span className="mono muted">{area.cell}</span></p>
          <p>{summaryOf(t, days)}</p>
          <Days days={days} />
          <p className="muted small">{t("places.looked_text")}</p>
        </div>
      )}
    </Show>
  );
}

function summaryOf(t: TFunction, days: DayOfLooks[]): string {
  const busy = days.filter((day) => day.at_least > 0).length;
  return busy === 0 ? t("places.quiet", { count: days.length }) : t("places.busy", { count: busy, of: days.length });
}

function Days({ days }: { days: DayOfLooks[] }) {
  const { t, i18n } = useTranslation();
  const shown = (value: string) => new Intl.DateTimeFormat(i18n.language, { dateStyle: "full", timeZone: "UTC" }).format(new Date(value));
  return (
    <details className="card days">
      <summary>{t("places.each_day")}</summary>
      <DataTable label={t("places.each_day")} rows={days.toReversed()} keyOf={(day) => day.day} columns={[
        { name: t("places.day"), cell: (day) => shown(day.day) },
        { name: t("places.looks"), cell: (day) => day.at_least === 0
          ? t("places.under_5") : t("places.between", { least: day.at_least, most: day.at_most }), className: "num" },
        { name: t("places.state"), cell: (day) => t(day.is_final ? "places.final" : "places.open") },
      ]} />
    </details>
  );
}
