import { useQueryClient } from "@tanstack/react-query";
import { useState, type FormEvent } from "react";
import { useTranslation } from "react-i18next";
import { api, type Problem } from "../api/client";
import { keepLoaded } from "../api/loaded";
import type { Ask, Incident, PublicCamera } from "../api/types";
import { codeText } from "../app/codes";
import { PURPOSES } from "../app/purposes";
import { toB64 } from "../crypto/bytes";
import { keepHolderKey, makeHolderKey } from "../crypto/keys";
import { Button } from "../design/button";
import { Empty } from "../design/empty";
import { Failure } from "../design/failure";
import { openEarly } from "../live/opening";
import { distanceM } from "../map/geometry";
import { useIsLogged } from "./logged";

const VIEWS = [0, 1, 2, 3, 4, 5];
/** City cameras that stand there before one asks for all. */
const FEW = 6;

interface Props {
  call: Incident | undefined;
  cameras: PublicCamera[];
  chosen: readonly string[];
  onToggle: (id: string) => void;
  onAsked: (ask: string) => void;
}

/** The ask: this call, this purpose, so many views. A private camera is never named, there is none to name. */
export function AskPanel({ call, cameras, chosen, onToggle, onAsked }: Props) {
  const { t } = useTranslation();
  return (
    <div className="card ask stack">
      {call ? (
        <header className="stack tight">
          <h2>{call.type_name}</h2>
          <p className="muted small">{call.block} · <span className="num once">{call.number}</span></p>
        </header>
      ) : <Empty title={t("analyst.pick")}><p>{t("analyst.pick_text")}</p></Empty>}
      <AskForm key={call?.id ?? ""} call={call} cameras={cameras} chosen={chosen} onToggle={onToggle} onAsked={onAsked} />
    </div>
  );
}

function AskForm({ call, cameras, chosen, onToggle, onAsked }: Props) {
  const { t } = useTranslation();
  const [views, setViews] = useState(call ? 2 : 0);
  const [busy, setBusy] = useState(false);
  const [problem, setProblem] = useState<Problem>();
  const isLogged = useIsLogged(call);
  const client = useQueryClient();

  async function submit(event: FormEvent<HTMLFormElement>) {
    event.preventDefault();
    const purpose = String(new FormData(event.currentTarget).get("purpose"));
    setBusy(true);
    setProblem(undefined);
    const holder = await makeHolderKey();
    const answer = await api<Ask>("POST", "/asks", {
      incident: call?.id ?? null, purpose, views, public_cameras: chosen, holder_key: toB64(holder.point),
    });
    setBusy(false);
    if (!answer.ok) return setProblem(answer.problem);
    keepHolderKey(holder, answer.data.id);
    keepLoaded(client, `/asks/${answer.data.id}`, answer.data);
    for (const session of answer.data.sessions) openEarly(session.id);
    onAsked(answer.data.id);
  }

  return (
    <form className="stack" onSubmit={(event) => void submit(event)}>
      <div className="field">
        <label htmlFor="purpose">{t("analyst.purpose")}</label>
        <select className="input" id="purpose" name="purpose" defaultValue="crime_in_progress">
          {PURPOSES.map((code) => <option key={code} value={code}>{codeText(t, "purpose", code)}</option>)}
        </select>
      </div>
      {call && <fieldset className="field">
        <legend>{t("analyst.views")}</legend>
        <div className="segments">
          {VIEWS.map((count) => (
            <label key={count}>
              <input type="radio" name="views" checked={views === count} onChange={() => setViews(count)} />
              <span className="num">{count}</span>
            </label>
          ))}
        </div>
        <p className="hint">{t("analyst.views_hint")}</p>
      </fieldset>}
      <CityCameras call={call} cameras={cameras} chosen={chosen} onToggle={onToggle} />
      <Button type="submit" look="primary" busy={busy || !isLogged} disabled={!isLogged || (views === 0 && chosen.length === 0)}>
        {t(busy ? "analyst.stage_asked" : isLogged ? "analyst.ask" : "analyst.call_logging")}
      </Button>
      <p className="hint muted small" role="status">{!isLogged && t("analyst.call_logging_text")}</p>
      {problem && <Failure problem={problem} />}
    </form>
  );
}

/** City cameras by name, nearest first; they are asked for by name because they are public. */
function CityCameras({ call, cameras, chosen, onToggle }: Omit<Props, "onAsked">) {
  const { t } = useTranslation();
  const away = (camera: PublicCamera) => call && call.lat !== null && call.lon !== null
    ? distanceM(call.lat, call.lon, camera.lat, camera.lon)
    : undefined;
  const [all, setAll] = useState(false);
  const near = cameras
    .map((camera) => ({ camera, metres: away(camera) }))
    .toSorted((left, right) => (left.metres ?? 0) - (right.metres ?? 0));
  const shown = near.filter(({ camera }, place) => all || place < FEW || chosen.includes(camera.id));
  if (near.length === 0) return null;
  return (
    <fieldset className="field">
      <legend>{t("analyst.city_cameras")}</legend>
      {shown.map(({ camera, metres }) => (
        <label key={camera.id} className="check">
          <input type="checkbox" checked={chosen.includes(camera.id)} onChange={() => onToggle(camera.id)} />
          <span>{camera.name}<br />
            <span className="muted small num">{metres !== undefined && `${t("analyst.metres", { count: Math.round(metres / 10) * 10 })} · `}{[camera.health, ...camera.warnings].map((word) => codeText(t, "health", word)).join(" · ")}</span>
          </span>
        </label>
      ))}
      {near.length > FEW && (
        <Button size="small" aria-expanded={all} onClick={() => setAll(!all)}>
          {all ? t("analyst.fewer_cameras") : t("analyst.all_cameras", { count: near.length })}
        </Button>
      )}
    </fieldset>
  );
}
