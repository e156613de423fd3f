import { useTranslation } from "react-i18next";
import { useLoaded } from "../api/loaded";
import type { CellLooks } from "../api/types";
import { codeText } from "../app/codes";
import { day } from "../app/format";

/** How often the police looked in a quarter: revealed looks, whole days, bands. */
export function Looks({ cell }: { cell: string }) {
  const { t, i18n } = useTranslation();
  const looks = useLoaded<CellLooks>(`/public/cells/${cell}/looks`);
  if (looks.state !== "ready") return null;
  const busy = looks.data.days.filter((one) => one.band !== "under_5");
  return (
    <section className="card stack tight">
      <h2>{t("neighbors.looks")}</h2>
      <p className="muted small">{t("neighbors.looks_text")}</p>
      <dl className="facts">
        <dt>{t("neighbors.looks_total")}</dt><dd>{codeText(t, "look_band", looks.data.total)}</dd>
        {busy.map((one) => [<dt key={one.day}>{day(one.day, i18n.language)}</dt>, <dd key={`${one.day}-band`}>{codeText(t, "look_band", one.band)}</dd>])}
      </dl>
    </section>
  );
}
