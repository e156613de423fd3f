import { useMemo } from "react";
import { useTranslation } from "react-i18next";
import { useLoaded } from "../api/loaded";
import type { AreaLooks } from "../api/types";
import { day } from "../app/format";
import { lastDays } from "../public/areas";

const DAYS = 30;

/** How often the police looked in a quarter: what the log reveals, by whole days in bands, as the public page says it. */
export function Looks({ cell }: { cell: string }) {
  const { t, i18n } = useTranslation();
  const span = useMemo(() => lastDays(Date.now(), DAYS), []);
  const looks = useLoaded<AreaLooks>(`/public/cells/${cell}/looks?first=${span.first}&last=${span.last}`);
  if (looks.state !== "ready") return null;
  const busy = looks.data.days.filter((one) => one.at_least > 0).toReversed();
  return (
    <section className="card stack tight">
      <h2>{t("neighbors.looks")}</h2>
      <p className="muted small">{t("neighbors.looks_text")}</p>
      <p>{busy.length === 0 ? t("places.quiet", { count: DAYS }) : t("places.busy", { count: busy.length, of: DAYS })}</p>
      <dl className="facts">
        {busy.map((one) => [
          <dt key={one.day}>{day(one.day, i18n.language)}</dt>,
          <dd key={`${one.day}-band`}>{t("places.between", { least: one.at_least, most: one.at_most })}</dd>,
        ])}
      </dl>
    </section>
  );
}
