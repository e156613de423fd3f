import { useQueryClient } from "@tanstack/react-query";
import { useRef, useState, type FormEvent } from "react";
import { useTranslation } from "react-i18next";
import { api, type Problem } from "../api/client";
import type { HomeRequest, OwnAnswer } from "../api/types";
import { Bar } from "../design/bar";
import { Button } from "../design/button";
import { Failure } from "../design/failure";
import { hashFile, sendParts, type Progress } from "../vault/sending";
import { ChooseRecording, type Recording } from "./request-choose";
import { signClipSend } from "./sign";

interface Props { asked: HomeRequest; person: string; onDone: () => void }

/** Choose, look, say how long and as whom, send. Stopping on the way leaves nothing with the police. */
export function AnswerForm({ asked, person, onDone }: Props) {
  const { t } = useTranslation();
  const client = useQueryClient();
  const [recording, setRecording] = useState<Recording>();
  const [progress, setProgress] = useState<Progress>();
  const [begun, setBegun] = useState<string>();
  const [problem, setProblem] = useState<Problem>();
  const days = [7, 14, 30].filter((count) => count <= asked.most_keep_days);

  async function send(event: FormEvent<HTMLFormElement>) {
    event.preventDefault();
    if (!recording) return;
    const said = new FormData(event.currentTarget);
    setProblem(undefined);
    setProgress({ step: recording.sha256 ? "sending" : "hashing", share: 0 });
    const failure = await sendAnswer({ asked, person, recording, said, onProgress: setProgress, onBegun: setBegun });
    setProgress(undefined);
    setBegun(undefined);
    await client.invalidateQueries({ queryKey: ["home"] });
    if (failure) return setProblem(failure);
    onDone();
  }

  return (
    <form className="card stack" onSubmit={(event) => void send(event)}>
      <h2>{t("requests.answer")}</h2>
      <ChooseRecording asked={asked} person={person} onChoose={setRecording} />
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
          <Button type="submit" look="primary" size="big" disabled={!recording}>{t("requests.send", { agency: asked.request.agency_name })}</Button>
          <p className="muted small">{t("requests.send_text")}</p>
          <div><Button look="quiet" onClick={onDone}>{t("shell.cancel")}</Button></div>
        </div>
      )}
    </form>
  );
}

interface Sending {
  asked: HomeRequest;
  person: string;
  recording: Recording;
  said: FormData;
  onProgress: (progress: Progress) => void;
  onBegun: (answer: string) => void;
}

/** Announce it; then the box at home sends it by itself, or where it cannot, this page does. */
async function sendAnswer({ asked, person, recording, said, onProgress, onBegun }: Sending): Promise<Problem | undefined> {
  const { file, mediaType, camera, signed } = recording;
  const hash = recording.sha256 ?? await hashFile(file, (share) => onProgress({ step: "hashing", share }));
  const begun = await api<OwnAnswer>("POST", `/home/requests/${asked.request.id}/answers`, {
    media_type: mediaType, size_bytes: file.size, sha256: hash, keep_days: Number(said.get("keep")),
    named: said.get("named") === "yes", language: document.documentElement.lang || "en", camera, signed,
  });
  if (!begun.ok) return begun.problem;
  onBegun(begun.data.id);
  if (recording.send && await sentByBox(asked, person, recording, begun.data)) return undefined;
  const sent = await sendParts("/home/answers", begun.data, file, hash, onProgress);
  return sent.ok ? undefined : sent.problem;
}

/** True when the box took it over: this page may be closed. */
async function sentByBox(asked: HomeRequest, person: string, { camera, signed, send }: Recording, begun: OwnAnswer): Promise<boolean> {
  const { manifest } = JSON.parse(signed) as { manifest: { clip: string; edge: string } };
  const word = await signClipSend(person, {
    agency: asked.request.agency, answer: begun.id, camera, clip: manifest.clip, edge: manifest.edge, request: asked.request.id, sha256: begun.sha256,
  });
  return word !== "" && send !== undefined && send(word);
}

function Going({ progress, answer }: { progress: Progress; answer: string | undefined }) {
  const { t } = useTranslation();
  const stopped = useRef(false);
  const share = Math.round(progress.share * 100);
  const text = t(progress.step === "hashing" ? "requests.hashing" : "requests.sending", { share });
  return (
    <div className="stack tight">
      <p className="small" role="status">{text}</p>
      <Bar share={share} label={text} />
      {answer && <div><Button look="quiet" onClick={() => {
        if (stopped.current) return;
        stopped.current = true;
        void api("POST", `/home/answers/${answer}/withdraw`);
      }}>{t("requests.stop")}</Button></div>}
    </div>
  );
}
