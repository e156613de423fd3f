import { useState } from "react";
import { useTranslation } from "react-i18next";
import { Button } from "../design/button";
import { DataTable } from "../design/data-table";
import { BANDS, type Area } from "./areas";

const AT_ONCE = 10;

interface Props { areas: Area[]; onChoose: (cell: string) => void }

/**
 * All areas, ten at a time, so that a phone need not be scrolled through a whole city. It stays one table: who reads it by
 * ear hears how many there are, narrows it by number, name or step, turns its pages, or has all of it at once.
 */
export function PlacesTable({ areas, onChoose }: Props) {
  const { t } = useTranslation();
  const [said, say] = useState("");
  const [band, setBand] = useState("");
  const [page, turn] = useState(0);
  const [isWhole, setWhole] = useState(false);
  const found = areasLike(areas, said, band);
  const first = isWhole ? 0 : Math.min(page * AT_ONCE, lastStart(found.length));
  const shown = isWhole ? found : found.slice(first, first + AT_ONCE);
  const narrow = (then: () => void) => {
    then();
    turn(0);
  };
  return (
    <div className="stack tight">
      <div className="row wrap places-narrow">
        <div className="field"><label htmlFor="places-like">{t("places.search")}</label>
          <input className="input" id="places-like" type="search" autoComplete="off" value={said} onChange={(event) => narrow(() => say(event.target.value))} /></div>
        <div className="field"><label htmlFor="places-band">{t("places.cameras")}</label>
          <select className="input" id="places-band" value={band} onChange={(event) => narrow(() => setBand(event.target.value))}>
            <option value="">{t("places.every_band")}</option>
            {BANDS.map((one) => <option key={one} value={one}>{t(`places.band_${one}`)}</option>)}
          </select></div>
      </div>
      <p className="muted small" role="status">{found.length === 0 ? t("places.none_like") : t("places.shown", { first: first + 1, last: first + shown.length, total: found.length })}</p>
      {shown.length > 0 && <DataTable label={t("places.all")} rows={shown} keyOf={(one) => one.cell} columns={[
        { name: t("places.area"), cell: (one) => t("places.area_number", { number: one.number }), className: "num" },
        { name: t("places.cameras"), cell: (one) => t(`places.band_${one.band}`) },
        { name: t("places.name"), cell: (one) => one.cell, className: "mono" },
        { name: t("places.looked"), cell: (one) => (
          <Button size="small" aria-label={t("places.ask_for", { number: one.number })} onClick={() => onChoose(one.cell)}>{t("places.ask")}</Button>
        ) },
      ]} />}
      {found.length > AT_ONCE && (
        <nav className="row wrap" aria-label={t("places.pages")}>
          {!isWhole && <Button size="small" disabled={first === 0} onClick={() => turn(first / AT_ONCE - 1)}>{t("places.before")}</Button>}
          {!isWhole && <Button size="small" disabled={first + AT_ONCE >= found.length} onClick={() => turn(first / AT_ONCE + 1)}>{t("places.next")}</Button>}
          <Button size="small" look="quiet" aria-pressed={isWhole} onClick={() => setWhole(!isWhole)}>{t(isWhole ? "places.ten" : "places.whole")}</Button>
        </nav>
      )}
    </div>
  );
}

/** Areas whose number or name begins so, of one step or of all. */
export function areasLike(areas: Area[], said: string, band: string): Area[] {
  const wanted = said.trim().toLowerCase();
  const isLike = (one: Area) => String(one.number).startsWith(wanted) || one.cell.toLowerCase().startsWith(wanted);
  return areas.filter((one) => (band === "" || one.band === band) && isLike(one));
}

/** Where the last page begins. */
function lastStart(count: number): number {
  return Math.max(0, Math.ceil(count / AT_ONCE) - 1) * AT_ONCE;
}
