import { Link } from "@tanstack/react-router";
import { useState, type FormEvent } from "react";
import { useTranslation } from "react-i18next";
import type { Problem } from "../api/client";
import { useLoaded } from "../api/loaded";
import type { Incident, Upload } from "../api/types";
import { codeText } from "../app/codes";
import { Seated, WATCHERS } from "../app/session";
import { Bar } from "../design/bar";
import { Button } from "../design/button";
import { Failure } from "../design/failure";
import { sendFile, type Progress } from "./sending";
import "./vault.css";

export function SendPage() {
  return <Seated roles={WATCHERS}>{() => <Send />}</Seated>;
}

/** An officer's file: hashed here, sent in parts, scanned, sealed. The phone keeps it until the vault signed for it. */
function Send() {
  const { t } = useTranslation();
  const incidents = useLoaded<Incident[]>("/incidents?open=true");
  const [progress, setProgress] = useState<Progress>();
  const [upload, setUpload] = useState<Upload>();
  const [problem, setProblem] = useState<Problem>();

  async function send(event: FormEvent<HTMLFormElement>) {
    event.preventDefault();
    const said = new FormData(event.currentTarget);
    const file = said.get("file");
    if (!(file instanceof File) || file.size === 0) return;
    setProblem(undefined);
    setUpload(undefined);
    const takenAt = file.lastModified ? new Date(file.lastModified).toISOString() : "";
    const sent = await sendFile(file, { device: String(said.get("device")), takenAt, incident: String(said.get("incident")) }, setProgress);
    setProgress(undefined);
    if (sent.ok) setUpload(sent.upload);
    else setProblem(sent.problem);
  }

  return (
    <main className="page" id="main">
      <header className="stack tight">
        <p className="small"><Link to="/items">{t("vault.title")}</Link></p>
        <h1>{t("vault.send_title")}</h1>
        <p className="lead">{t("vault.send_lead")}</p>
      </header>
      <form className="card stack" onSubmit={(event) => void send(event)}>
        <div className="field"><label htmlFor="u-file">{t("vault.send_file")}</label>
          <input className="input file" id="u-file" name="file" type="file" required accept="video/*,image/*,audio/*,.mkv,.ts,.avi" /></div>
        <div className="field"><label htmlFor="u-device">{t("vault.send_device")}</label>
          <input className="input" id="u-device" name="device" maxLength={120} placeholder={t("vault.send_device_eg")} /></div>
        <div className="field"><label htmlFor="u-incident">{t("vault.send_call")}</label>
          <select className="input" id="u-incident" name="incident">
            <option value="">{t("vault.send_no_call")}</option>
            {incidents.state === "ready" && incidents.data.map((one) => <option key={one.id} value={one.id}>{one.number} · {one.type_name} · {one.block}</option>)}
          </select></div>
        <div><Button type="submit" look="primary" busy={progress !== undefined}>{t("vault.send_do")}</Button></div>
        {progress && <Going progress={progress} />}
        {problem && <Failure problem={problem} />}
      </form>
      {upload && <Following id={upload.id} />}
    </main>
  );
}

function Going({ progress }: { progress: Progress }) {
  const { t } = useTranslation();
  const share = Math.round(progress.share * 100);
  return (
    <div className="stack tight">
      <p className="small">{t(`vault.send_${progress.step}`, { share })}</p>
      <Bar share={share} label={t(`vault.send_${progress.step}`, { share })} />
    </div>
  );
}

/** What becomes of it: scanned, sealed, or refused and why. */
function Following({ id }: { id: string }) {
  const { t } = useTranslation();
  const found = useLoaded<Upload>(`/uploads/${id}`, { refetchInterval: 2_000, isSettled: (one) => ["sealed", "infected", "gone"].includes(one.state) });
  if (found.state !== "ready") return null;
  const { state, said, item, hashed, size_bytes } = found.data;
  const compared = Math.round((100 * hashed) / size_bytes);
  return (
    <section className={`note ${state === "sealed" ? "good" : state === "infected" ? "bad" : ""}`} role="status">
      <p><strong>{codeText(t, "upload_state", state)}</strong> {t(`vault.upload_${state}`)}</p>
      {state === "hashing" && (
        <Bar share={compared} label={t("vault.upload_compared", { share: compared })} />
      )}
      {state === "receiving" && said && <p>{t("vault.upload_again")}</p>}
      {state !== "receiving" && said && <p className="mono">{said}</p>}
      {item && <p><Link to="/items/$item" params={{ item }}>{t("vault.send_item")}</Link></p>}
    </section>
  );
}
