import { Link, useParams } from "@tanstack/react-router";
import { useQuery } from "@tanstack/react-query";
import type { TFunction } from "i18next";
import { useState, type FormEvent } from "react";
import { useTranslation } from "react-i18next";
import { api, type Problem } from "../api/client";
import { Show, useLoaded } from "../api/loaded";
import type { Redaction, RedactionEdited, RedactionFound } from "../api/types";
import { codeText } from "../app/codes";
import { problemText } from "../app/problem";
import { Seated, WATCHERS } from "../app/session";
import { Button } from "../design/button";
import { Failure } from "../design/failure";
import { Skeleton } from "../design/skeleton";
import { TwoTaps } from "../design/two-taps";
import { Bench } from "./redaction-bench";
import "./vault.css";
import "./redaction.css";

const MOVING = ["finding", "releasing"];

export function RedactionPage() {
  return <Seated roles={WATCHERS}>{() => <Loading />}</Seated>;
}

function Loading() {
  const { redaction } = useParams({ from: "/redactions/$redaction" });
  const found = useLoaded<Redaction>(`/redactions/${redaction}`, { refetchInterval: 1_500, isSettled: (one) => !MOVING.includes(one.state) });
  return (
    <main className="page wide redaction" id="main">
      <Show of={found} lines={8}>{(row) => <One row={row} />}</Show>
    </main>
  );
}

/** One redaction, at whichever stage it is. */
function One({ row }: { row: Redaction }) {
  const { t } = useTranslation();
  return (
    <>
      <header className="stack tight">
        <p className="small"><Link to="/items/$item" params={{ item: row.item }}>{t("redaction.to_original")}</Link></p>
        <div className="row between">
          <h1>{t("redaction.title")}</h1>
          <span className={`chip ${row.state === "released" ? "good" : row.state === "failed" ? "live" : ""}`} role="status">{codeText(t, "redaction_state", row.state)}</span>
        </div>
        <p className="muted">{t(`redaction.state_${row.state}`)}</p>
      </header>
      {row.why && <p className="note bad" role="alert">{whyText(t, row.why)}</p>}
      {MOVING.includes(row.state) && <Progress row={row} />}
      {row.state === "open" && <Open row={row} />}
      {row.derivative && (
        <p><Link className="btn primary" to="/items/$item" params={{ item: row.derivative }}>{t("redaction.to_derivative")}</Link></p>
      )}
      {["finding", "open", "failed"].includes(row.state) && (
        <div className="row"><TwoTaps ask={t("redaction.drop")} sure={t("redaction.drop_sure")} act={() => api("POST", `/redactions/${row.id}/drop`)} /></div>
      )}
    </>
  );
}

/** Why the last step failed, in words. */
function whyText(t: TFunction, kind: string): string {
  return codeText(t, "redaction_why", kind.replaceAll("-", "_"), "") || problemText(t, { kind, status: 503, title: "" });
}

function Progress({ row }: { row: Redaction }) {
  const { t } = useTranslation();
  const share = row.of > 0 ? Math.min(100, Math.floor((100 * row.done) / row.of)) : 0;
  return (
    <section className="card stack" aria-label={t("redaction.progress")}>
      <p>{row.of > 0 ? t(`redaction.progress_${row.state === "finding" ? "finding" : "releasing"}`, { share }) : t("redaction.progress_waits")}</p>
      <progress className="wide-progress" max={100} value={share} aria-label={t("redaction.progress")} />
      <p className="muted small">{t("redaction.progress_leave")}</p>
    </section>
  );
}

function Open({ row }: { row: Redaction }) {
  const edited = useLoaded<RedactionEdited>(`/redactions/${row.id}/edits`);
  // What was found never changes: events about the redaction need not fetch it again.
  const found = useQuery({
    queryKey: ["redaction-found", row.id], staleTime: Infinity,
    queryFn: () => api<RedactionFound>("GET", `/redactions/${row.id}/found`),
  });
  if (!found.data) return <Skeleton lines={6} />;
  if (!found.data.ok) return <Failure problem={found.data.problem} retry={() => void found.refetch()} />;
  const data = found.data.data;
  return (
    <Show of={edited} lines={6}>
      {(one) => (one.is_opened ? <Bench found={data} edited={one} /> : <Reason item={row.item} />)}
    </Show>
  );
}

/** Nothing is shown before somebody said why: the reason stands in the original's custody. */
function Reason({ item }: { item: string }) {
  const { t } = useTranslation();
  const [problem, setProblem] = useState<Problem>();

  async function open(event: FormEvent<HTMLFormElement>) {
    event.preventDefault();
    const answer = await api("POST", `/items/${item}/open`, { why: String(new FormData(event.currentTarget).get("why")) });
    setProblem(answer.ok ? undefined : answer.problem);
  }

  return (
    <form className="card row opening" onSubmit={(event) => void open(event)}>
      <div className="field"><label htmlFor="r-why">{t("vault.open_why")}</label>
        <input className="input" id="r-why" name="why" required maxLength={400} placeholder={t("redaction.why_eg")} /></div>
      <Button type="submit" look="primary">{t("vault.open")}</Button>
      {problem && <Failure problem={problem} />}
    </form>
  );
}
