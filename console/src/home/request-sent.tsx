import { useQueryClient } from "@tanstack/react-query";
import { useEffect } from "react";
import { useTranslation } from "react-i18next";
import { api } from "../api/client";
import { useLoaded } from "../api/loaded";
import type { OwnAnswer } from "../api/types";
import { day } from "../app/format";
import { Bar } from "../design/bar";
import { Button } from "../design/button";
import { TwoTaps } from "../design/two-taps";

/** What became of one answer, each sentence on its own line; taken back in two taps while nobody opened it. */
export function SentAnswer({ answer }: { answer: OwnAnswer }) {
  const { t, i18n } = useTranslation();
  const on = (value: string) => day(value, i18n.language);
  const isHere = ["receiving", "checking", "sent"].includes(answer.state);
  return (
    <article className="card stack tight" aria-live="polite">
      <div className="row between">
        <h2>{t(`requests.a_${answer.state}`)}</h2>
        {answer.outcome && <span className={`chip ${answer.outcome === "used" ? "good" : ""}`}>{t(`requests.${answer.outcome}`)}</span>}
      </div>
      {answer.state === "failed" && <p>{t(`requests.why_${knownWhy(answer.why)}`)}</p>}
      {answer.state === "receiving" && answer.kind === "clip" && <BoxSends answer={answer} />}
      {answer.state === "sent" && <p>{answer.opened_at ? t("requests.a_opened", { day: on(answer.opened_at) }) : t("requests.a_unopened")}</p>}
      {(answer.state === "sent" || answer.state === "deleted") && <p><strong>{t(answer.outcome ? `requests.a_${answer.outcome}` : "requests.a_waiting")}</strong> {answer.thanked_at && t("requests.a_thanked")}</p>}
      {isHere && <p className="muted small">{t(answer.named ? "requests.a_named" : "requests.a_as", { pseudonym: answer.pseudonym })}</p>}
      {isHere && <p className="muted small">{answer.held ? t("requests.a_held") : t("requests.a_keep", { day: on(answer.keep_until) })}</p>}
      {answer.state === "deleted" && answer.gone_at && <p className="muted small">{t("requests.a_gone", { day: on(answer.gone_at) })}</p>}
      <div className="row">
        {isHere && !answer.opened_at && <TwoTaps ask={t("requests.take_back")} sure={t("requests.take_back_sure")} act={() => api("POST", `/home/answers/${answer.id}/withdraw`)} />}
        {answer.state !== "failed" && <Button size="small" look="quiet" onClick={() => void saveReceipt(answer.id)}>{t("requests.receipt")}</Button>}
      </div>
    </article>
  );
}

const WHYS = ["box-clip", "box-line", "box-stopped", "infected", "request-over", "too-late"] as const;

function knownWhy(why: string): (typeof WHYS)[number] | "other" {
  return WHYS.find((known) => known === why) ?? "other";
}

/** How far a clip is. The box, once it sends it by itself, needs no open page for it. */
function BoxSends({ answer }: { answer: OwnAnswer }) {
  const { t } = useTranslation();
  const client = useQueryClient();
  const found = useLoaded<OwnAnswer>(`/home/answers/${answer.id}`, { refetchInterval: 2_000, isSettled: (now) => now.state !== "receiving" });
  const now = found.state === "ready" ? found.data : answer;
  const isOver = now.state !== "receiving";
  useEffect(() => {
    if (isOver) void client.invalidateQueries({ queryKey: ["home", "requests"] });
  }, [client, isOver]);
  const share = Math.round((now.offset / now.size_bytes) * 100);
  const text = t("requests.sending", { share });
  return (
    <div className="stack tight">
      {now.by_box && <p className="small">{t("requests.box_sends")}</p>}
      <Bar share={share} label={text} />
    </div>
  );
}

async function saveReceipt(answer: string): Promise<void> {
  const found = await api<{ receipt: string; signature: string }>("GET", `/home/answers/${answer}/receipt`);
  if (!found.ok) return;
  const link = document.createElement("a");
  link.href = URL.createObjectURL(new Blob([JSON.stringify(found.data, null, 2)], { type: "application/json" }));
  link.download = `${answer}.json`;
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 10_000);
}
