import { useMemo, useState } from "react";
import { Link } from "@tanstack/react-router";
import type { FeatureCollection } from "geojson";
import { useTranslation } from "react-i18next";
import { Show, useLoaded } from "../api/loaded";
import { Button } from "../design/button";
import { Empty } from "../design/empty";
import { CellsMap } from "../map/cells-map";
import { areaAt, areasOf, BANDS, type Area } from "./areas";
import { HomeDrawing } from "./home-drawing";
import { Looked } from "./looked";
import { PlacesTable } from "./places-table";
import "./places.css";
import "./public.css";

/** Where cameras take part, as exactly as anybody may know it: areas of at least 50 homes, counted in three steps. */
export function PlacesPage() {
  const { t } = useTranslation();
  const cells = useLoaded<FeatureCollection>("/cells");
  return (
    <main className="page wide" id="main">
      <p><Link to="/public">← {t("open.title")}</Link></p>
      <header className="stack tight">
        <h1>{t("places.title")}</h1>
        <p className="lead">{t("places.lead")}</p>
      </header>
      <Show of={cells} lines={8}>
        {(data) => data.features.length === 0
          ? <Empty title={t("places.none")}><p>{t("places.none_text")}</p></Empty>
          : <Areas cells={data} />}
      </Show>
      <HomeDrawing />
    </main>
  );
}

function Areas({ cells }: { cells: FeatureCollection }) {
  const { t } = useTranslation();
  const areas = useMemo(() => areasOf(cells), [cells]);
  const [chosen, choose] = useState<string>();
  const area = areas.find((one) => one.cell === chosen);
  return (
    <>
      <section className="stack" aria-labelledby="places-map">
        <h2 id="places-map">{t("places.map")}</h2>
        <Legend />
        <div className="places-map"><CellsMap label={t("places.map_label")} areas={areas} chosen={chosen} onChoose={choose} /></div>
        <Find areas={areas} onFound={choose} />
      </section>
      <section className="stack" aria-labelledby="places-looked">
        <h2 id="places-looked">{t("places.looked")}</h2>
        <Choice areas={areas} chosen={chosen} onChoose={choose} />
        {area ? <Looked key={area.cell} area={area} /> : <p className="muted">{t("places.choose_first")}</p>}
      </section>
      <section className="stack" aria-labelledby="places-all">
        <h2 id="places-all">{t("places.all")}</h2>
        <PlacesTable areas={areas} onChoose={(cell) => {
          choose(cell);
          document.getElementById("places-looked")?.scrollIntoView({ block: "start" });
        }} />
      </section>
    </>
  );
}

function Legend() {
  const { t } = useTranslation();
  return (
    <ul className="legend" aria-label={t("places.legend")}>
      {BANDS.map((band) => <li key={band}><span className={`swatch ${band}`} aria-hidden="true" />{t(`places.band_${band}`)}</li>)}
    </ul>
  );
}

/** By the browser's own place: compared here with the areas, sent nowhere. */
function Find({ areas, onFound }: { areas: Area[]; onFound: (cell: string) => void }) {
  const { t } = useTranslation();
  const [said, say] = useState("");
  const find = () => {
    say(t("places.finding"));
    navigator.geolocation.getCurrentPosition(({ coords }) => {
      const area = areaAt(areas, coords.latitude, coords.longitude);
      if (area) onFound(area.cell);
      say(area ? t("places.found", { number: area.number }) : t("places.outside"));
    }, () => say(t("places.not_found")), { timeout: 10_000, maximumAge: 60_000 });
  };
  return (
    <div className="row">
      <Button size="small" onClick={find}>{t("places.find")}</Button>
      <p className="muted small" role="status">{said || t("places.find_text")}</p>
    </div>
  );
}

interface ChoiceProps { areas: Area[]; chosen: string | undefined; onChoose: (cell: string) => void }

function Choice({ areas, chosen, onChoose }: ChoiceProps) {
  const { t } = useTranslation();
  return (
    <label className="field places-choice">
      <span>{t("places.choose")}</span>
      <select value={chosen ?? ""} onChange={(event) => onChoose(event.target.value)}>
        <option value="" disabled>{t("places.choose_none")}</option>
        {areas.map((area) => <option key={area.cell} value={area.cell}>{t("places.area_number", { number: area.number })}</option>)}
      </select>
    </label>
  );
}
