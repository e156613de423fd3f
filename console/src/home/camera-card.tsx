import { useQueryClient } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { api, type Problem } from "../api/client";
import type { HomeCamera } from "../api/types";
import { codeText } from "../app/codes";
import { Button } from "../design/button";
import { Failure } from "../design/failure";
import { signResume } from "./sign";

const HOUR_MIN = 60;

/** One camera: its state in a word, pause or resume, and the way to everything else. */
export function CameraCard({ camera, person }: { camera: HomeCamera; person: string }) {
  const { t } = useTranslation();
  return (
    <article className="card camera-card">
      <div className="stack tight">
        <h3><Link to="/home/cameras/$camera" params={{ camera: camera.id }}>{camera.name}</Link></h3>
        <CameraState camera={camera} />
      </div>
      <PauseButton camera={camera} person={person} />
      <p className="camera-more">
        <Link to="/home/cameras/$camera" params={{ camera: camera.id }} aria-label={t("home.more_of", { camera: camera.name })}>
          {t("home.more")}
        </Link>
      </p>
    </article>
  );
}

export function CameraState({ camera }: { camera: HomeCamera }) {
  const { t, i18n } = useTranslation();
  if (camera.paused) {
    const time = camera.paused_until && new Intl.DateTimeFormat(i18n.language, { hour: "2-digit", minute: "2-digit" }).format(new Date(camera.paused_until));
    return <p><span className="chip warn">{time ? t("home.paused_until", { time }) : t("home.paused")}</span></p>;
  }
  if (camera.looks_now.length > 0) return <p><span className="chip live">{t("home.live_now")}</span></p>;
  const [warning] = camera.warnings;
  if (warning) return <p><span className="chip warn">{codeText(t, "health", warning)}</span></p>;
  const isFine = ["online", "ok", "given"].includes(camera.state);
  return <p><span className={`chip ${isFine ? "good" : ""}`}>{codeText(t, "health", camera.state)}</span></p>;
}

/** What is wrong with its pictures, and what helps, in a sentence each. */
export function Warnings({ camera }: { camera: HomeCamera }) {
  const { t } = useTranslation();
  return <>{camera.warnings.map((word) => <p key={word} className="note warn">{codeText(t, "camera_warning", word)}</p>)}</>;
}

export function PauseButton({ camera, person }: { camera: HomeCamera; person: string }) {
  const { t } = useTranslation();
  const client = useQueryClient();
  const [busy, setBusy] = useState(false);
  const [problem, setProblem] = useState<Problem>();

  async function change(minutes?: number) {
    setBusy(true);
    const answer = camera.paused
      ? await api("POST", `/home/cameras/${camera.id}/resume`, { owner_signature: await signResume(person, camera.id) })
      : await api("POST", `/home/cameras/${camera.id}/pause${minutes ? `?minutes=${minutes}` : ""}`, {});
    await client.invalidateQueries();
    setBusy(false);
    setProblem(answer.ok ? undefined : answer.problem);
  }

  return (
    <div className="stack tight">
      <Button busy={busy} onClick={() => void change()}>{t(camera.paused ? "home.resume" : "home.pause")}</Button>
      {!camera.paused && <Button size="small" look="quiet" busy={busy} onClick={() => void change(HOUR_MIN)}>{t("home.pause_hour")}</Button>}
      {problem && <Failure problem={problem} />}
    </div>
  );
}
