import { useState } from "react";
import { useTranslation } from "react-i18next";
import { api } from "../api/client";
import { Show, useLoaded } from "../api/loaded";
import type { Alert, Posts, Role, Session } from "../api/types";
import { agencyOf, Seated, SPEAKERS } from "../app/session";
import { Button } from "../design/button";
import { Empty } from "../design/empty";
import { TwoTaps } from "../design/two-taps";
import { AlertForm } from "./alert-form";
import { languageName } from "./alert-text";
import { AlertCard } from "./alerts";
import "./neighbors.css";
import { PostCard } from "./parts";

const ISSUERS: readonly Role[] = ["supervisor", "manager"];

export function DeskPage() {
  return <Seated roles={SPEAKERS}>{(session) => <Desk session={session} />}</Seated>;
}

/** What neighbours sent to the agency, and its official alerts. */
function Desk({ session }: { session: Session }) {
  const { t } = useTranslation();
  const agency = SPEAKERS.map((role) => agencyOf(session, role)).find(Boolean) ?? "";
  const issuer = ISSUERS.map((role) => agencyOf(session, role)).find(Boolean) ?? "";
  const sent = useLoaded<Posts>(`/agencies/${agency}/neighbor-posts`, { refetchInterval: 30_000 });
  return (
    <main className="page" id="main">
      <h1>{t("shell.desk")}</h1>
      <Alerts agency={agency} issuer={issuer} />
      <section className="stack">
        <h2>{t("neighbors.messages")}</h2>
        <Show of={sent} lines={5}>
          {(data) => data.posts.length === 0 ? <Empty title={t("neighbors.messages_none")} /> : (
            <ul className="stack">{data.posts.map((post) => <li key={post.id}><PostCard post={post} /></li>)}</ul>
          )}
        </Show>
      </section>
    </main>
  );
}

function Alerts({ agency, issuer }: { agency: string; issuer: string }) {
  const { t } = useTranslation();
  const [open, setOpen] = useState<"new" | Alert>();
  const alerts = useLoaded<Alert[]>("/alerts", { refetchInterval: 60_000 });
  if (open) return <AlertForm agency={issuer} earlier={open === "new" ? undefined : open} onDone={() => setOpen(undefined)} />;
  return (
    <section className="stack">
      <header className="row between">
        <h2>{t("neighbors.alert_desk")}</h2>
        {issuer && <Button size="small" look="primary" onClick={() => setOpen("new")}>{t("neighbors.alert_new")}</Button>}
      </header>
      <Show of={alerts} lines={3}>
        {(data) => {
          const mine = data.filter((alert) => alert.agency === agency);
          if (mine.length === 0) return <p className="muted">{t("neighbors.alert_none")}</p>;
          return (
            <ul className="stack">
              {mine.map((alert) => (
                <li key={alert.id}><AlertCard alert={alert}>{issuer && <Change alert={alert} onCorrect={() => setOpen(alert)} />}</AlertCard></li>
              ))}
            </ul>
          );
        }}
      </Show>
    </section>
  );
}

function Change({ alert, onCorrect }: { alert: Alert; onCorrect: () => void }) {
  const { t } = useTranslation();
  const [whys, setWhys] = useState<Record<string, string>>({});
  const [first = "", ...more] = alert.texts.map((text) => text.language);
  const why = whys[first] ?? "";
  const others = more.map((language) => ({ language, why: (whys[language] ?? "").trim() })).filter((one) => one.why);
  const field = (language: string, label: string) => (
    <div key={language} className="field"><label htmlFor={`why-${language}-${alert.id}`}>{label}</label>
      <input className="input" id={`why-${language}-${alert.id}`} lang={language} maxLength={1_000} value={whys[language] ?? ""}
        onChange={(event) => setWhys({ ...whys, [language]: event.target.value })} /></div>
  );
  return (
    <div className="stack tight">
      {field(first, t("neighbors.alert_why"))}
      {more.map((language) => field(language, t("neighbors.alert_why_in", { language: languageName(language) })))}
      <div className="row">
        <Button size="small" onClick={onCorrect}>{t("neighbors.alert_correct")}</Button>
        {why.trim() !== "" && (
          <TwoTaps ask={t("neighbors.alert_cancel")} sure={t("neighbors.alert_cancel_do")} act={() => api("POST", `/alerts/${alert.id}/cancel`, { why, others })} />
        )}
      </div>
    </div>
  );
}
