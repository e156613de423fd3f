import { useQueryClient } from "@tanstack/react-query";
import { useState, type FormEvent } from "react";
import { useTranslation } from "react-i18next";
import { api, type Problem } from "../api/client";
import { Show, useLoaded } from "../api/loaded";
import type { Review } from "../api/types";
import { codeText } from "../app/codes";
import { dayAndTime } from "../app/format";
import { Seated } from "../app/session";
import { Button } from "../design/button";
import { Empty } from "../design/empty";
import { Failure } from "../design/failure";
import "./neighbors.css";
import { Pictures, REASONS } from "./parts";

export function ModeratePage() {
  return <Seated roles={["moderator"]}>{() => <Queue />}</Seated>;
}

/** What waits for a decision, oldest first; nobody's name is here. */
function Queue() {
  const { t } = useTranslation();
  const reviews = useLoaded<Review[]>("/neighbors/reviews", { refetchInterval: 15_000 });
  return (
    <main className="page" id="main">
      <header className="stack tight"><h1>{t("neighbors.moderate")}</h1><p className="lead">{t("neighbors.moderate_lead")}</p></header>
      <Show of={reviews} lines={6}>
        {(data) => data.length === 0 ? <Empty title={t("neighbors.moderate_none")} /> : (
          <ul className="stack">{data.map((review) => <li key={review.id}><One review={review} /></li>)}</ul>
        )}
      </Show>
    </main>
  );
}

function One({ review }: { review: Review }) {
  const { t, i18n } = useTranslation();
  const client = useQueryClient();
  const [problem, setProblem] = useState<Problem>();
  async function claim() {
    const done = await api("POST", `/neighbors/reviews/${review.id}/claim`);
    setProblem(done.ok ? undefined : done.problem);
    await client.invalidateQueries({ queryKey: ["neighbors", "reviews"] });
  }
  return (
    <article className="card post">
      <p className="post-head">
        <span className="chip accent">{codeText(t, "post_category", review.category)}</span>
        {review.state === "appealed" && <span className="chip warn">{t("neighbors.own_appeal")}</span>}
        <time dateTime={review.opened_at}>{dayAndTime(review.opened_at, i18n.language)}</time>
      </p>
      <p className="said" dir="auto">{review.text}</p>
      <Pictures pictures={review.pictures.map((id) => ({ id, kind: "picture" }))} />
      <dl className="facts">
        <dt>{t("neighbors.reported_as")}</dt>
        <dd>{Object.entries(review.reasons).map(([reason, count]) => `${codeText(t, "post_reason", reason)} (${count})`).join(", ")}</dd>
      </dl>
      {review.said.map((said) => <p key={said} className="muted" dir="auto">“{said}”</p>)}
      {review.state === "appealed" && (
        <>
          <p><strong>{codeText(t, "post_reason", review.reason)}</strong> <span dir="auto">{review.explained}</span></p>
          <p className="note" dir="auto">{review.appeal}</p>
        </>
      )}
      {review.is_claimed && <p className="muted">{t("neighbors.claimed")}</p>}
      {!review.is_claimed && !review.is_claimed_by_me && review.may_decide && <div><Button onClick={() => void claim()}>{t("neighbors.claim")}</Button></div>}
      {review.is_claimed_by_me && <Decide review={review} />}
      {problem && <Failure problem={problem} />}
    </article>
  );
}

function Decide({ review }: { review: Review }) {
  const { t } = useTranslation();
  const client = useQueryClient();
  const [reason, setReason] = useState("");
  const [problem, setProblem] = useState<Problem>();
  const isAppeal = review.state === "appealed";
  async function decide(event: FormEvent<HTMLFormElement>) {
    event.preventDefault();
    const submitter = (event.nativeEvent as SubmitEvent).submitter as HTMLButtonElement | null;
    const verdict = submitter?.value === "remove" ? "remove" : "keep";
    const explained = String(new FormData(event.currentTarget).get("explained"));
    const body = { verdict, explained, reason: verdict === "remove" && !isAppeal ? reason || null : null };
    const done = await api("POST", `/neighbors/reviews/${review.id}/${isAppeal ? "decide-appeal" : "decide"}`, body);
    setProblem(done.ok ? undefined : done.problem);
    if (done.ok) await client.invalidateQueries({ queryKey: ["neighbors"] });
  }
  return (
    <form className="stack tight" onSubmit={(event) => void decide(event)}>
      {!isAppeal && (
        <div className="field">
          <label htmlFor={`reason-${review.id}`}>{t("neighbors.reason_pick")}</label>
          <select className="input" id={`reason-${review.id}`} value={reason} onChange={(event) => setReason(event.target.value)}>
            <option value="">–</option>
            {REASONS.map((one) => <option key={one} value={one}>{codeText(t, "post_reason", one)}</option>)}
          </select>
        </div>
      )}
      <div className="field">
        <label htmlFor={`explained-${review.id}`}>{t("neighbors.explained")}</label>
        <textarea className="input" id={`explained-${review.id}`} name="explained" rows={3} maxLength={500} required={isAppeal || reason !== ""} />
      </div>
      <div className="row">
        <Button type="submit" value="keep">{t(isAppeal ? "neighbors.decide_restore" : "neighbors.decide_keep")}</Button>
        <Button type="submit" value="remove" look="live" disabled={!isAppeal && reason === ""}>{t(isAppeal ? "neighbors.decide_stay" : "neighbors.decide_remove")}</Button>
      </div>
      {problem && <Failure problem={problem} />}
    </form>
  );
}
