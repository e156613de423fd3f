import { useState } from "react";
import { useTranslation } from "react-i18next";
import { api, type Problem } from "../api/client";
import { Show, useLoaded } from "../api/loaded";
import type { Decision, Replay } from "../api/types";
import { codeText } from "../app/codes";
import { dayAndTime } from "../app/format";
import { Seated } from "../app/session";
import { Button } from "../design/button";
import { Empty } from "../design/empty";
import { Failure } from "../design/failure";
import "../public/public.css";
import { Flags } from "./flags";

export function Audit() {
  return <Seated roles={["auditor"]}>{() => <Desk />}</Seated>;
}

/** What waits for the auditor first, then everything that was decided. */
function Desk() {
  const { t } = useTranslation();
  return (
    <main className="page wide" id="main">
      <h1>{t("shell.audit")}</h1>
      <Flags />
      <Decisions />
    </main>
  );
}

/** Every decision with the facts it was made on; each can be made again under the policy of its day. */
function Decisions() {
  const { t } = useTranslation();
  const decisions = useLoaded<Decision[]>("/decisions");
  return (
    <section className="stack" aria-label={t("office.audit_title")}>
      <header className="stack tight">
        <h2>{t("office.audit_title")}</h2>
        <p className="muted">{t("office.audit_lead")}</p>
      </header>
      <Show of={decisions} lines={8}>
        {(items) => items.length === 0 ? <Empty title={t("office.no_decisions")} /> : (
          <ul className="stack">{items.map((one) => <li key={one.id}><OneDecision decision={one} /></li>)}</ul>
        )}
      </Show>
    </section>
  );
}

function OneDecision({ decision }: { decision: Decision }) {
  const { t, i18n } = useTranslation();
  return (
    <article className="card stack">
      <header className="row between">
        <h3 className="num">{dayAndTime(decision.at, i18n.language)}</h3>
        <span className={`chip ${decision.allowed ? "good" : "live"}`}>
          {codeText(t, "decision", decision.allowed ? "allow" : "deny")}
        </span>
      </header>
      <p>{codeText(t, "action", decision.action)} <span className="mono muted">{decision.resource}</span></p>
      {decision.failed.length > 0 && <p className="small muted">{t("analyst.not_met")}</p>}
      {decision.failed.length > 0 && (
        <ul className="terms-list">
          {decision.failed.map((rule) => (
            <li key={rule}>{codeText(t, "rule", rule.replaceAll(".", "_"))} <span className="mono muted">{rule}</span></li>
          ))}
        </ul>
      )}
      <details>
        <summary>{t("office.facts")}</summary>
        <pre className="mono decision-facts">{pretty(decision.facts)}</pre>
      </details>
      <p className="muted small">{t("shell.policy")} <span className="mono">{decision.policy_sha256}</span></p>
      <ReplayButton decision={decision} />
    </article>
  );
}

function pretty(facts: string): string {
  try {
    return JSON.stringify(JSON.parse(facts), null, 2);
  } catch {
    return facts;
  }
}

function ReplayButton({ decision }: { decision: Decision }) {
  const { t } = useTranslation();
  const [replay, setReplay] = useState<Replay>();
  const [busy, setBusy] = useState(false);
  const [problem, setProblem] = useState<Problem>();
  async function run() {
    setBusy(true);
    const answer = await api<Replay>("POST", `/decisions/${decision.id}/replay`);
    setBusy(false);
    if (answer.ok) setReplay(answer.data);
    else setProblem(answer.problem);
  }
  return (
    <div className="replay">
      <div><Button size="small" busy={busy} onClick={() => void run()}>{t("office.replay")}</Button></div>
      {replay && (
        <p className={`note ${replay.same ? "good" : "bad"}`} role="status">
          {t(replay.same ? "office.replay_same" : "office.replay_other")}
        </p>
      )}
      {problem && <Failure problem={problem} />}
    </div>
  );
}
