import { useQueryClient } from "@tanstack/react-query";
import { useMemo, useState, type FormEvent } from "react";
import { useTranslation } from "react-i18next";
import { api, type Problem } from "../api/client";
import type { HandOver, ServedOrder } from "../api/types";
import { dayAndTime } from "../app/format";
import { Bar } from "../design/bar";
import { Button } from "../design/button";
import { Failure } from "../design/failure";
import { hashFile, sendParts, type Progress } from "../vault/sending";
import { ChooseRecording, type AskedWindow, type Recording } from "./request-choose";

interface Props { order: ServedOrder; person: string; onDone: () => void }

/** Choose a span of what the order asks for, look at it, hand it over. Nothing leaves before the last button. */
export function HandOverForm({ order, person, onDone }: Props) {
  const { t } = useTranslation();
  const client = useQueryClient();
  const [recording, setRecording] = useState<Recording>();
  const [progress, setProgress] = useState<Progress>();
  const [problem, setProblem] = useState<Problem>();
  const asked = useMemo<AskedWindow>(() => ({
    cameras: [{ id: order.camera, name: order.camera_name || order.camera }],
    request: { window_start: order.window_start ?? order.issued_at, window_end: order.window_end ?? order.issued_at },
  }), [order.camera, order.camera_name, order.issued_at, order.window_end, order.window_start]);

  async function send(event: FormEvent<HTMLFormElement>) {
    event.preventDefault();
    if (!recording) return;
    setProblem(undefined);
    setProgress({ step: "hashing", share: 0 });
    const failure = await handOver(order, recording, setProgress);
    setProgress(undefined);
    await client.invalidateQueries({ queryKey: ["home"] });
    if (failure) return setProblem(failure);
    onDone();
  }

  return (
    <form className="card stack" onSubmit={(event) => void send(event)}>
      <h2>{t("orders.s_hand")}</h2>
      <p>{t("orders.s_hand_text")}</p>
      <ChooseRecording asked={asked} person={person} onChoose={setRecording} />
      {problem && <Failure problem={problem} />}
      {progress ? <Going progress={progress} /> : (
        <div className="stack tight">
          <Button type="submit" look="primary" size="big" disabled={!recording}>{t("orders.s_hand_send", { agency: order.agency_name })}</Button>
          <div><Button look="quiet" onClick={onDone}>{t("shell.cancel")}</Button></div>
        </div>
      )}
    </form>
  );
}

async function handOver(
  order: ServedOrder, { file, mediaType, signed }: Recording, onProgress: (progress: Progress) => void,
): Promise<Problem | undefined> {
  const hash = await hashFile(file, (share) => onProgress({ step: "hashing", share }));
  const begun = await api<HandOver>("POST", `/home/orders/${order.id}/recordings`, {
    media_type: mediaType, size_bytes: file.size, sha256: hash, signed,
  });
  if (!begun.ok) return begun.problem;
  const sent = await sendParts("/home/handed", begun.data, file, hash, onProgress);
  return sent.ok ? undefined : sent.problem;
}

function Going({ progress }: { progress: Progress }) {
  const { t } = useTranslation();
  const share = Math.round(progress.share * 100);
  const text = t(progress.step === "hashing" ? "requests.hashing" : "requests.sending", { share });
  return (
    <div className="stack tight">
      <p className="small" role="status">{text}</p>
      <Bar share={share} label={text} />
    </div>
  );
}

/** What became of one recording that was handed over. */
export function HandedRow({ handed }: { handed: ServedOrder["handed"][number] }) {
  const { t, i18n } = useTranslation();
  return (
    <article className="card stack tight" aria-live="polite">
      <h2>{t(`orders.h_${handed.state}`)}</h2>
      <p className="small muted">
        {t(handed.kind === "clip" ? "requests.signed" : "requests.own_file")}
        {handed.sent_at && <> · {dayAndTime(handed.sent_at, i18n.language)}</>}
      </p>
      {handed.state === "failed" && <p>{t(handed.why === "infected" || handed.why === "too-late" ? `requests.why_${handed.why}` : "requests.why_other")}</p>}
      <p className="small muted mono record">SHA-256 {handed.sha256}</p>
    </article>
  );
}
