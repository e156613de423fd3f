import { useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { api, type Problem } from "../api/client";
import type { HomeCamera, Look } from "../api/types";
import { codeText } from "../app/codes";
import { clock, span, useNow } from "../app/format";
import { Button } from "../design/button";
import { Failure } from "../design/failure";

/** The one question of this page: is somebody looking? And one tap that ends it. */
export function Looking({ cameras }: { cameras: HomeCamera[] }) {
  const { t } = useTranslation();
  const watched = cameras.filter((camera) => camera.looks_now.length > 0);
  return (
    <div aria-live="assertive" className="stack">
      {watched.length === 0 && (
        <section className="calm">
          <span className="calm-eye" aria-hidden="true" />
          <div>
            <h2>{t("home.nobody")}</h2>
            <p className="muted">{t("home.nobody_text")}</p>
          </div>
        </section>
      )}
      {watched.map((camera) => <Watched key={camera.id} camera={camera} />)}
    </div>
  );
}

function Watched({ camera }: { camera: HomeCamera }) {
  const { t } = useTranslation();
  const client = useQueryClient();
  const [busy, setBusy] = useState(false);
  const [problem, setProblem] = useState<Problem>();

  async function stop() {
    setBusy(true);
    const answer = await api("POST", `/home/cameras/${camera.id}/stop`, {});
    await client.invalidateQueries({ queryKey: ["home"] });
    setBusy(false);
    setProblem(answer.ok ? undefined : answer.problem);
  }

  return (
    <section className="watched">
      <p className="chip live"><span className="dot pulse" aria-hidden="true" />{t("home.live_now")}</p>
      <h2>{t("home.looking_through", { camera: camera.name })}</h2>
      <ul className="stack">
        {camera.looks_now.map((look) => <li key={look.id}><Who look={look} /></li>)}
      </ul>
      <Button look="live" size="big" busy={busy} onClick={() => void stop()}>{t("home.stop")}</Button>
      <p className="small muted">{t("home.stop_hint")}</p>
      {problem && <Failure problem={problem} />}
    </section>
  );
}

function Who({ look }: { look: Look }) {
  const { t, i18n } = useTranslation();
  const now = useNow();
  const seconds = (now - new Date(look.since).getTime()) / 1000;
  return (
    <dl className="who">
      <div>
        <dt>{t("home.who")}</dt>
        <dd>{codeText(t, "role", look.role)} {look.officer_number}<br /><span className="muted">{look.agency}</span></dd>
      </div>
      <div>
        <dt>{t("home.why")}</dt>
        <dd>{codeText(t, "purpose", look.purpose)}<br />
          <span className="muted">{codeText(t, "family", look.type_family)} · {codeText(t, "distance", look.distance_band)}</span>
        </dd>
      </div>
      <div>
        <dt>{t("home.since")}</dt>
        <dd className="num">{clock(look.since, i18n.language)} · <strong>{span(seconds)}</strong></dd>
      </div>
    </dl>
  );
}
