import { useQueryClient } from "@tanstack/react-query";
import { Link, useNavigate } from "@tanstack/react-router";
import type { TFunction } from "i18next";
import { lazy, Suspense, useState } from "react";
import { useTranslation } from "react-i18next";
import { api, type Problem } from "../api/client";
import { Show, useLoaded } from "../api/loaded";
import type { Neighbor, Tell } from "../api/types";
import { Seated } from "../app/session";
import { Button } from "../design/button";
import { Failure } from "../design/failure";
import { Skeleton } from "../design/skeleton";
import { TwoTaps } from "../design/two-taps";
import "../home/home.css";
import type { Point } from "../map/place-picker";
import "./neighbors.css";

const PlacePicker = lazy(() => import("../map/place-picker").then((module) => ({ default: module.PlacePicker })));
const TELLS = ["alerts", "all", "none"] as const;
const RADII = [500, 1_000, 1_600, 3_200, 8_047];

export function AreaPage() {
  return <Seated roles={["owner"]}>{() => <Area />}</Seated>;
}

function Area() {
  const { t } = useTranslation();
  const me = useLoaded<Neighbor>("/neighbors/me");
  return (
    <main className="page" id="main">
      <p><Link to="/neighbors">← {t("neighbors.back_feed")}</Link></p>
      <header className="stack tight"><h1>{t("neighbors.area")}</h1><p className="lead">{t("neighbors.area_lead")}</p></header>
      <Show of={me} lines={6}>
        {(data) => (
          <>
            <Join me={data} />
            {data.joined && (
              <div className="row">
                <TwoTaps ask={t("neighbors.leave")} sure={t("neighbors.leave_sure")} act={() => api("DELETE", "/neighbors/me")} />
              </div>
            )}
          </>
        )}
      </Show>
    </main>
  );
}

/** Where one lives (the place is sent once and not kept), how far one follows, what one is told. */
export function Join({ me }: { me: Neighbor }) {
  const { t } = useTranslation();
  const client = useQueryClient();
  const navigate = useNavigate();
  const [place, setPlace] = useState<Point>();
  const [radius, setRadius] = useState(me.joined ? me.radius_m : 1_600);
  const [tell, setTell] = useState<Tell>(me.tell);
  const [busy, setBusy] = useState(false);
  const [problem, setProblem] = useState<Problem>();

  async function save() {
    setBusy(true);
    const wish = { radius_m: radius, tell };
    const done = place
      ? await api<Neighbor>("PUT", "/neighbors/me", { ...place, ...wish })
      : await api<Neighbor>("PATCH", "/neighbors/me", wish);
    setBusy(false);
    setProblem(done.ok ? undefined : done.problem);
    if (!done.ok) return;
    await client.invalidateQueries({ queryKey: ["neighbors"] });
    await navigate({ to: "/neighbors" });
  }

  return (
    <div className="stack">
      <div className="card stack">
        <p className="hint">{t("neighbors.join_tap")}</p>
        <div className="picker">
          <Suspense fallback={<Skeleton lines={3} />}>
            <PlacePicker points={place ? [place] : []} isArea={false} label={t("neighbors.join_title")}
              middle={t("neighbors.join_middle")} onAdd={setPlace} />
          </Suspense>
        </div>
      </div>
      <div className="card stack">
        <div className="field">
          <label htmlFor="n-radius">{t("neighbors.radius")}</label>
          <select className="input" id="n-radius" value={radius} onChange={(event) => setRadius(Number(event.target.value))}>
            {[...new Set([...RADII, radius])].toSorted((one, other) => one - other).map((metres) => (
              <option key={metres} value={metres}>{kilometres(t, metres)}</option>
            ))}
          </select>
        </div>
        <fieldset className="field">
          <legend>{t("neighbors.tell")}</legend>
          {TELLS.map((one) => (
            <label key={one} className="check">
              <input type="radio" name="tell" value={one} checked={tell === one} onChange={() => setTell(one)} />
              <span>{t(`neighbors.tell_${one}`)}<br /><span className="muted small">{t(`neighbors.tell_${one}_hint`)}</span></span>
            </label>
          ))}
        </fieldset>
      </div>
      <Button look="primary" size="big" busy={busy} disabled={!place && !me.joined} onClick={() => void save()}>
        {t(me.joined && !place ? "neighbors.join_save" : "neighbors.join_do")}
      </Button>
      {problem && <Failure problem={problem} />}
    </div>
  );
}

function kilometres(t: TFunction, metres: number): string {
  const km = (metres / 1_000).toLocaleString(document.documentElement.lang, { maximumFractionDigits: 1 });
  return t("neighbors.km", { km });
}
