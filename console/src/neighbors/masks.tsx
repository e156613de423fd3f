import { Link } from "@tanstack/react-router";
import { lazy, Suspense, useState } from "react";
import { useTranslation } from "react-i18next";
import { api, type Problem } from "../api/client";
import { useLoaded } from "../api/loaded";
import type { Home, MaskNote } from "../api/types";
import { codeText } from "../app/codes";
import { Seated } from "../app/session";
import { Button } from "../design/button";
import { Failure } from "../design/failure";
import { Skeleton } from "../design/skeleton";
import "../home/home.css";
import type { Point } from "../map/place-picker";
import "./neighbors.css";

const PlacePicker = lazy(() => import("../map/place-picker").then((module) => ({ default: module.PlacePicker })));

export function MasksPage() {
  return <Seated roles={["owner"]}>{() => <Masks />}</Seated>;
}

/** Ask that no registered camera shows a place, and read what neighbours ask of one's own cameras. */
function Masks() {
  const { t } = useTranslation();
  const [place, setPlace] = useState<Point>();
  const [said, setSaid] = useState("");
  const [isAsked, setAsked] = useState(false);
  const [busy, setBusy] = useState(false);
  const [problem, setProblem] = useState<Problem>();
  async function ask() {
    setBusy(true);
    const done = await api("POST", "/neighbors/masks", { ...place, said });
    setBusy(false);
    setProblem(done.ok ? undefined : done.problem);
    setAsked(done.ok);
  }
  return (
    <main className="page" id="main">
      <p><Link to="/neighbors">← {t("neighbors.back_feed")}</Link></p>
      <header className="stack tight"><h1>{t("neighbors.masks")}</h1><p className="lead">{t("neighbors.mask_lead")}</p></header>
      <Notes />
      <section className="card stack">
        <h2>{t("neighbors.mask_place")}</h2>
        <div className="picker">
          <Suspense fallback={<Skeleton lines={3} />}>
            <PlacePicker points={place ? [place] : []} isArea={false} label={t("neighbors.mask_place")}
              middle={t("neighbors.join_middle")} onAdd={setPlace} />
          </Suspense>
        </div>
        <div className="field"><label htmlFor="n-mask">{t("neighbors.mask_said")}</label>
          <input className="input" id="n-mask" maxLength={500} value={said} onChange={(event) => setSaid(event.target.value)} /></div>
        <div><Button look="primary" busy={busy} disabled={!place} onClick={() => void ask()}>{t("neighbors.ask_mask")}</Button></div>
        <p className="note" role="status" hidden={!isAsked}>{t("neighbors.mask_asked")}</p>
        {problem && <Failure problem={problem} />}
      </section>
    </main>
  );
}

function Notes() {
  const { t } = useTranslation();
  const notes = useLoaded<MaskNote[]>("/neighbors/mask-notes");
  const home = useLoaded<Home>("/home");
  if (notes.state !== "ready" || notes.data.length === 0 || home.state !== "ready") return null;
  const names = new Map(home.data.cameras.map((camera) => [camera.id, camera.name]));
  return (
    <section className="stack tight">
      <h2>{t("neighbors.mask_notes")}</h2>
      <ul className="stack tight">
        {notes.data.map((note) => (
          <li key={note.id} className="card stack tight">
            <p>{t("neighbors.mask_note", { camera: names.get(note.camera) ?? "", side: codeText(t, "eighth", String(note.towards_deg)) })}</p>
            {note.said && <p dir="auto">{note.said}</p>}
            {names.has(note.camera) && <p><Link to="/home/cameras/$camera" params={{ camera: note.camera }}>{names.get(note.camera)}</Link></p>}
          </li>
        ))}
      </ul>
    </section>
  );
}
