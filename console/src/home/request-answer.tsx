import { useQueryClient } from "@tanstack/react-query";
import { useEffect, useRef, useState, type FormEvent } from "react";
import { useTranslation } from "react-i18next";
import { api, type Problem } from "../api/client";
import type { HomeRequest, OwnAnswer } from "../api/types";
import { Button } from "../design/button";
import { Failure } from "../design/failure";
import { hashFile, sendParts, typeOf, type Progress } from "../vault/sending";

interface Props { asked: HomeRequest; onDone: () => void }

/** Choose, look, say how long and as whom, send. Stopping on the way leaves nothing with the police. */
export function AnswerForm({ asked, onDone }: Props) {
  const { t } = useTranslation();
  const client = useQueryClient();
  const [file, setFile] = useState<File>();
  const [progress, setProgress] = useState<Progress>();
  const [begun, setBegun] = useState<string>();
  const [problem, setProblem] = useState<Problem>();
  const days = [7, 14, 30].filter((count) => count <= asked.most_keep_days);

  async function send(event: FormEvent<HTMLFormElement>) {
    event.preventDefault();
    if (!file) return;
    const said = new FormData(event.currentTarget);
    setProblem(undefined);
    setProgress({ step: "hashing", share: 0 });
    const failure = await sendAnswer(asked, file, said, setProgress, setBegun);
    setProgress(undefined);
    setBegun(undefined);
    await client.invalidateQueries({ queryKey: ["home"] });
    if (failure) return setProblem(failure);
    onDone();
  }

  return (
    <form className="card stack" onSubmit={(event) => void send(event)}>
      <h2>{t("requests.answer")}</h2>
      <div className="field"><label htmlFor="a-file">{t("requests.choose")}</label>
        <input className="input file" id="a-file" type="file" required accept="video/*,image/*,audio/*" aria-describedby="a-file-hint" onChange={(event) => setFile(event.target.files?.[0])} />
        <span className="hint" id="a-file-hint">{t("requests.choose_hint")}</span></div>
      {file && <Preview file={file} />}
      <details><summary>{t("requests.choose_signature")}</summary>
        <div className="stack in-details">
          <p className="small muted">{t("requests.from_box")}</p>
          <div className="field"><label htmlFor="a-camera">{t("requests.choose_camera")}</label>
            <select className="input" id="a-camera" name="camera">
              <option value="">{t("requests.camera_none")}</option>
              {asked.cameras.map((one) => <option key={one.id} value={one.id}>{one.name}</option>)}
            </select></div>
          <div className="field"><label htmlFor="a-signed">{t("requests.choose_signature")}</label>
            <input className="input file" id="a-signed" name="signed" type="file" accept=".json,application/json" aria-describedby="a-signed-hint" />
            <span className="hint" id="a-signed-hint">{t("requests.signature_hint")}</span></div>
        </div>
      </details>
      <p className="small muted">{t("requests.file_place")}</p>
      <div className="field"><label htmlFor="a-keep">{t("requests.keep")}</label>
        <select className="input" id="a-keep" name="keep" defaultValue={days.at(-1)} aria-describedby="a-keep-hint">
          {days.map((count) => <option key={count} value={count}>{t("requests.keep_days", { count })}</option>)}
        </select>
        <span className="hint" id="a-keep-hint">{t("requests.keep_hint")}</span></div>
      <fieldset className="field"><legend>{t("requests.who")}</legend>
        <label className="check"><input type="radio" name="named" value="" defaultChecked /><span>{t("requests.as_pseudonym")}<br /><span className="muted small">{t("requests.as_pseudonym_hint")}</span></span></label>
        <label className="check"><input type="radio" name="named" value="yes" /><span>{t("requests.as_named")}</span></label>
      </fieldset>
      {problem && <Failure problem={problem} />}
      {progress ? <Going progress={progress} answer={begun} /> : (
        <div className="stack tight">
          <Button type="submit" look="primary" size="big" disabled={!file}>{t("requests.send", { agency: asked.request.agency_name })}</Button>
          <p className="muted small">{t("requests.send_text")}</p>
          <div><Button look="quiet" onClick={onDone}>{t("shell.cancel")}</Button></div>
        </div>
      )}
    </form>
  );
}

async function sendAnswer(
  asked: HomeRequest, file: File, said: FormData, onProgress: (progress: Progress) => void, onBegun: (answer: string) => void,
): Promise<Problem | undefined> {
  const hash = await hashFile(file, (share) => onProgress({ step: "hashing", share }));
  const signed = said.get("signed");
  const begun = await api<OwnAnswer>("POST", `/home/requests/${asked.request.id}/answers`, {
    media_type: typeOf(file), size_bytes: file.size, sha256: hash, keep_days: Number(said.get("keep")),
    named: said.get("named") === "yes", language: document.documentElement.lang || "en", camera: String(said.get("camera") ?? ""),
    signed: signed instanceof File && signed.size > 0 ? await signed.text() : "",
  });
  if (!begun.ok) return begun.problem;
  onBegun(begun.data.id);
  const sent = await sendParts("/home/answers", begun.data, file, hash, onProgress);
  return sent.ok ? undefined : sent.problem;
}

/** The file as it will be sent, from the telephone itself: nothing has left it yet. */
function Preview({ file }: { file: File }) {
  const { t } = useTranslation();
  const [address, setAddress] = useState<string>();
  useEffect(() => {
    const made = URL.createObjectURL(file);
    setAddress(made);
    return () => URL.revokeObjectURL(made);
  }, [file]);
  if (!address) return null;
  return (
    <figure className="stack tight">
      <figcaption className="small">{t("requests.preview")}</figcaption>
      {/* eslint-disable-next-line jsx-a11y/media-has-caption -- what cameras recorded has no captions */}
      {file.type.startsWith("video/") && <video className="preview" src={address} controls playsInline aria-label={t("requests.preview")} />}
      {file.type.startsWith("image/") && <img className="preview" src={address} alt={t("requests.preview")} />}
      {/* eslint-disable-next-line jsx-a11y/media-has-caption -- what people recorded has no captions */}
      {file.type.startsWith("audio/") && <audio className="preview sound" src={address} controls aria-label={t("requests.preview")} />}
    </figure>
  );
}

function Going({ progress, answer }: { progress: Progress; answer: string | undefined }) {
  const { t } = useTranslation();
  const stopped = useRef(false);
  const share = Math.round(progress.share * 100);
  const text = t(progress.step === "hashing" ? "requests.hashing" : "requests.sending", { share });
  return (
    <div className="stack tight">
      <p className="small" role="status">{text}</p>
      <div className="bar" role="progressbar" aria-valuenow={share} aria-valuemin={0} aria-valuemax={100} aria-label={text}><i style={{ width: `${share}%` }} /></div>
      {answer && <div><Button look="quiet" onClick={() => {
        if (stopped.current) return;
        stopped.current = true;
        void api("POST", `/home/answers/${answer}/withdraw`);
      }}>{t("requests.stop")}</Button></div>}
    </div>
  );
}
