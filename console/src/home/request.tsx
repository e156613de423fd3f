import { useQueryClient } from "@tanstack/react-query";
import { Link, useParams } from "@tanstack/react-router";
import { lazy, Suspense, useState } from "react";
import { useTranslation } from "react-i18next";
import { api, type Problem } from "../api/client";
import { Show, useLoaded } from "../api/loaded";
import type { HomeRequest } from "../api/types";
import { dayAndTime, useNow } from "../app/format";
import { Seated } from "../app/session";
import { Button } from "../design/button";
import { Failure } from "../design/failure";
import { RequestText } from "../requests/request-text";
import "../requests/requests.css";
import "./home.css";
import { AnswerForm } from "./request-answer";
import { SentAnswer } from "./request-sent";

const AreaMap = lazy(() => import("../requests/area-map").then((module) => ({ default: module.AreaMap })));

export function HomeRequestPage() {
  return <Seated roles={["owner"]}>{(session) => <Asked person={session.person ?? ""} />}</Seated>;
}

function Asked({ person }: { person: string }) {
  const { t } = useTranslation();
  const { request = "" } = useParams({ strict: false });
  const found = useLoaded<HomeRequest>(`/home/requests/${request}`, { refetchInterval: 15_000 });
  return (
    <main className="page" id="main">
      <p className="small"><Link to="/home/requests">← {t("requests.home_title")}</Link></p>
      <Show of={found} lines={8}>{(data) => <Sheet asked={data} person={person} />}</Show>
    </main>
  );
}

/** What is asked, what was sent, and three ways that weigh the same: answer, put away, nothing. */
function Sheet({ asked, person }: { asked: HomeRequest; person: string }) {
  const { t, i18n } = useTranslation();
  const [answering, setAnswering] = useState(false);
  const now = useNow(30_000);
  const { request, answers } = asked;
  const isOpen = request.state === "open" && now < new Date(request.answer_by).getTime();
  return (
    <>
      <RequestText t={t} language={i18n.language} request={request} heading="h1" />
      <Suspense fallback={<div className="area-map" />}><AreaMap cells={request.cells} /></Suspense>
      {asked.cameras.length > 0 && <p className="small">{t("requests.home_yours", { cameras: asked.cameras.map((one) => one.name).join(", ") })}</p>}
      {answers.length > 0 && <ul className="stack">{answers.map((one) => <li key={one.id}><SentAnswer answer={one} /></li>)}</ul>}
      {!isOpen && <p className="note">{t("requests.over")}</p>}
      {isOpen && answering && <AnswerForm asked={asked} person={person} onDone={() => setAnswering(false)} />}
      {isOpen && !answering && <Choice asked={asked} onAnswer={() => setAnswering(true)} />}
    </>
  );
}

function Choice({ asked, onAnswer }: { asked: HomeRequest; onAnswer: () => void }) {
  const { t, i18n } = useTranslation();
  const client = useQueryClient();
  const [busy, setBusy] = useState(false);
  const [problem, setProblem] = useState<Problem>();
  const again = asked.answers.length > 0;

  async function putAway() {
    setBusy(true);
    const done = await api("POST", `/home/requests/${asked.request.id}/decline`);
    setBusy(false);
    if (!done.ok) return setProblem(done.problem);
    await client.invalidateQueries({ queryKey: ["home"] });
  }

  if (again) return <div><Button onClick={onAnswer}>{t("requests.send_more")}</Button></div>;
  return (
    <section className="stack tight">
      {asked.declined_at && (
        <p className="note" role="status">{t("requests.put_away_done", { day: dayAndTime(asked.request.answer_by, i18n.language) })}</p>
      )}
      <div className="choice">
        {!asked.declined_at && <Button size="big" busy={busy} onClick={() => void putAway()}>{t("requests.put_away")}</Button>}
        <Button size="big" onClick={onAnswer}>{t("requests.answer")}</Button>
      </div>
      {!asked.declined_at && <p className="muted small">{t("requests.nothing")}</p>}
      {problem && <Failure problem={problem} />}
    </section>
  );
}
