import { useQueryClient } from "@tanstack/react-query";
import { Link, useNavigate, useParams } from "@tanstack/react-router";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { api, type Problem } from "../api/client";
import { Show, useLoaded } from "../api/loaded";
import type { OwnerAsk } from "../api/types";
import { codeText } from "../app/codes";
import { span, useNow } from "../app/format";
import { Seated } from "../app/session";
import { Button } from "../design/button";
import { Empty } from "../design/empty";
import { Failure } from "../design/failure";
import "./home.css";
import { signYes } from "./sign";
import { Still } from "./still";

export function AskPage() {
  return <Seated roles={["owner"]}>{(session) => <Question person={session.person ?? ""} />}</Seated>;
}

function Question({ person }: { person: string }) {
  const { t } = useTranslation();
  const { ask } = useParams({ strict: false });
  const asks = useLoaded<OwnerAsk[]>("/home/asks");
  return (
    <main className="page question" id="main">
      <Show of={asks} lines={6}>
        {(open) => {
          const found = open.find((one) => one.id === ask);
          if (found) return <Answer ask={found} person={person} />;
          return (
            <Empty title={t("home.ask_over")}>
              <p>{t("home.ask_over_text")}</p>
              <Link to="/home" className="btn">{t("home.title")}</Link>
            </Empty>
          );
        }}
      </Show>
    </main>
  );
}

/** What they would see, who, why, how long; two buttons of the same size; no reason asked. */
function Answer({ ask, person }: { ask: OwnerAsk; person: string }) {
  const { t } = useTranslation();
  const client = useQueryClient();
  const navigate = useNavigate();
  const now = useNow();
  const [busy, setBusy] = useState<"yes" | "no">();
  const [problem, setProblem] = useState<Problem>();

  async function answer(yes: boolean) {
    setBusy(yes ? "yes" : "no");
    const signature = yes ? await signYes(person, askFields(ask)) : "";
    const done = await api("POST", `/home/asks/${ask.id}/answer`, { yes, signature });
    setBusy(undefined);
    if (!done.ok) return setProblem(done.problem);
    await client.invalidateQueries({ queryKey: ["home"] });
    await navigate({ to: "/home" });
  }

  return (
    <>
      <header className="stack tight">
        <h1>{t("home.ask_title", { camera: ask.camera_name })}</h1>
        <p className="num muted" role="timer">
          {t("home.ask_left", { time: span((new Date(ask.answer_by).getTime() - now) / 1000) })}
        </p>
      </header>
      <Still camera={ask.camera} person={person} />
      <dl className="who card">
        <div><dt>{t("home.who")}</dt>
          <dd>{codeText(t, "role", ask.role)} {ask.officer_number}<br /><span className="muted">{ask.agency}</span></dd></div>
        <div><dt>{t("home.why")}</dt>
          <dd>{codeText(t, "purpose", ask.purpose)}<br />
            <span className="muted">{codeText(t, "family", ask.type_family)} · {codeText(t, "distance", ask.distance_band)}</span></dd></div>
        <div><dt>{t("home.how_long")}</dt><dd>{t("home.at_most", { count: ask.minutes })}</dd></div>
      </dl>
      <div className="two">
        <Button size="big" busy={busy === "no"} onClick={() => void answer(false)}>{t("home.no")}</Button>
        <Button size="big" busy={busy === "yes"} onClick={() => void answer(true)}>{t("home.yes")}</Button>
      </div>
      <p className="muted small">{t("home.ask_hint")}</p>
      {problem && <Failure problem={problem} />}
    </>
  );
}

function askFields(ask: OwnerAsk) {
  const text = (name: string) => String(ask.record[name] ?? "");
  return {
    agency: text("agency"), ask: text("ask"), camera: text("camera"), incident: text("incident"),
    minutes: Number(ask.record["minutes"] ?? ask.minutes), purpose: text("purpose"),
  };
}
