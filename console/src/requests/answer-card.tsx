import { Link } from "@tanstack/react-router";
import { useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { api, type Problem } from "../api/client";
import type { AgencyAnswer } from "../api/types";
import { codeText } from "../app/codes";
import { ago, day, useNow } from "../app/format";
import { Button } from "../design/button";
import { Failure } from "../design/failure";
import { TwoTaps } from "../design/two-taps";
import { NameInOrder } from "../orders/name-link";

/** One answer: who they are to you, where it stands in the vault, and each outcome in one click. */
export function AnswerCard({ answer, mayAct }: { answer: AgencyAnswer; mayAct: boolean }) {
  const { t, i18n } = useTranslation();
  const now = useNow(30_000);
  const when = (value: string) => ago(value, now, i18n.language);
  const isHere = answer.state === "sent";
  return (
    <article className="card answer">
      <div className="row between">
        <h3>{answer.name ? t("requests.answer_from", { name: answer.name }) : t("requests.resident", { pseudonym: answer.pseudonym })}</h3>
        <div className="row">
          {answer.outcome && <span className={`chip ${answer.outcome === "used" ? "good" : ""}`}>{t(`requests.${answer.outcome}`)}</span>}
          {answer.thanked_at && <span className="chip accent">{t("requests.thanked")}</span>}
        </div>
      </div>
      <p className="small muted">
        {t("requests.sent", { when: when(answer.sent_at) })} · {t(answer.kind === "clip" ? "requests.signed" : "requests.own_file")}
        {" · "}{t("requests.custody", { state: codeText(t, "item_state", answer.item_state) })}
        {isHere && <> · {answer.opened_at ? t("requests.opened", { when: when(answer.opened_at) }) : t("requests.unopened")}</>}
      </p>
      {isHere
        ? <p className="small">{answer.keep_until ? t("requests.kept", { day: day(answer.keep_until, i18n.language) }) : t("requests.kept_hold")}</p>
        : <p>{answer.state === "withdrawn" ? t("requests.withdrawn") : t("requests.deleted", { day: answer.keep_until ? day(answer.keep_until, i18n.language) : "" })}</p>}
      {isHere && <Acts answer={answer} mayAct={mayAct} />}
    </article>
  );
}

function Acts({ answer, mayAct }: { answer: AgencyAnswer; mayAct: boolean }) {
  const { t } = useTranslation();
  const client = useQueryClient();
  const [busy, setBusy] = useState("");
  const [problem, setProblem] = useState<Problem>();
  const settle = (body: Record<string, unknown>) => api("POST", `/answers/${answer.id}/settle`, body);

  async function say(what: string, body: Record<string, unknown>) {
    setBusy(what);
    const done = await settle(body);
    setBusy("");
    setProblem(done.ok ? undefined : done.problem);
    if (done.ok) await client.invalidateQueries({ queryKey: ["requests"] });
  }

  return (
    <>
      <div className="answer-acts">
        <Link className="btn small" to="/items/$item" params={{ item: answer.item }}>{t("requests.open_item")}</Link>
        {!answer.name && <NameInOrder target="answer" about={answer.id} />}
        {mayAct && (
          <>
            <Button size="small" look="primary" busy={busy === "thanks"} onClick={() => void say("thanks", { outcome: "used", thanks: true })}>{t("requests.used_thanks")}</Button>
            <Button size="small" busy={busy === "used"} onClick={() => void say("used", { outcome: "used" })}>{t("requests.used")}</Button>
            <Button size="small" busy={busy === "not"} onClick={() => void say("not", { outcome: "not_used" })}>{t("requests.not_used")}</Button>
            <TwoTaps ask={t("requests.not_used_delete")} sure={t("requests.sure")} act={() => settle({ outcome: "not_used", delete: true })} />
          </>
        )}
      </div>
      {problem && <Failure problem={problem} />}
    </>
  );
}
