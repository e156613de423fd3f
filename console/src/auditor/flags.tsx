import { useQueryClient } from "@tanstack/react-query";
import { useState, type FormEvent } from "react";
import { useTranslation } from "react-i18next";
import { api, type Problem } from "../api/client";
import { Show, useLoaded } from "../api/loaded";
import type { LookFlag } from "../api/types";
import { dayAndTime } from "../app/format";
import { Button } from "../design/button";
import { Empty } from "../design/empty";
import { Failure } from "../design/failure";

/** The queue: what waits for an answer first, what is answered below. */
export function Flags() {
  const { t } = useTranslation();
  const flags = useLoaded<LookFlag[]>("/look-flags", { refetchInterval: 30_000 });
  return (
    <section className="stack" aria-label={t("office.flags")}>
      <header className="stack tight">
        <h2>{t("office.flags")}</h2>
        <p className="muted">{t("office.flags_lead")}</p>
      </header>
      <Show of={flags} lines={3}>
        {(items) => {
          const open = items.filter((flag) => flag.answered_at === null);
          const closed = items.filter((flag) => flag.answered_at !== null);
          return (
            <>
              {open.length === 0 && <Empty title={t("office.no_flags")} />}
              <ul className="stack">{open.map((flag) => <li key={flag.id}><OneFlag flag={flag} /></li>)}</ul>
              {closed.length > 0 && (
                <details>
                  <summary>{t("office.flags_answered", { count: closed.length })}</summary>
                  <ul className="stack in-details">{closed.map((flag) => <li key={flag.id}><OneFlag flag={flag} /></li>)}</ul>
                </details>
              )}
            </>
          );
        }}
      </Show>
    </section>
  );
}

function OneFlag({ flag }: { flag: LookFlag }) {
  const { t, i18n } = useTranslation();
  return (
    <article className="card stack tight">
      <header className="row between">
        <h3>{flag.kind === "owner"
          ? t("office.flag_owner", { officer: flag.officer_number })
          : t("office.flag_often", { officer: flag.officer_number, count: flag.looks })}</h3>
        <span className="muted small num">{dayAndTime(flag.at, i18n.language)}</span>
      </header>
      {flag.said && <blockquote>{flag.said}</blockquote>}
      <dl className="facts small">
        <dt>{t("office.camera")}</dt><dd className="mono">{flag.camera}</dd>
        <dt>{t("office.officer")}</dt><dd className="mono">{flag.person}</dd>
        {flag.session && <><dt>{t("office.look")}</dt><dd className="mono">{flag.session}</dd></>}
      </dl>
      {flag.answered_at === null ? <AnswerForm flag={flag} /> : (
        <div className="note good">
          <p className="small"><strong>{t("office.flag_answered")}</strong> · <span className="num">{dayAndTime(flag.answered_at, i18n.language)}</span></p>
          <p>{flag.answer}</p>
        </div>
      )}
    </article>
  );
}

function AnswerForm({ flag }: { flag: LookFlag }) {
  const { t } = useTranslation();
  const client = useQueryClient();
  const [busy, setBusy] = useState(false);
  const [problem, setProblem] = useState<Problem>();

  async function send(event: FormEvent<HTMLFormElement>) {
    event.preventDefault();
    const answer = String(new FormData(event.currentTarget).get("answer") ?? "");
    setBusy(true);
    const done = await api("POST", `/look-flags/${flag.id}/answer`, { answer });
    setBusy(false);
    setProblem(done.ok ? undefined : done.problem);
    await client.invalidateQueries({ queryKey: ["look-flags"] });
  }

  return (
    <form className="stack tight" onSubmit={(event) => void send(event)}>
      <div className="field">
        <label htmlFor={`answer-${flag.id}`}>{t("office.flag_answer")}</label>
        <textarea className="input" id={`answer-${flag.id}`} name="answer" rows={2} maxLength={1000} required />
      </div>
      <div><Button type="submit" size="small" look="primary" busy={busy}>{t("office.flag_answer_do")}</Button></div>
      {problem && <Failure problem={problem} />}
    </form>
  );
}
