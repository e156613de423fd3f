import { useQueryClient } from "@tanstack/react-query";
import { Link, useNavigate } from "@tanstack/react-router";
import { useId, useState, type FormEvent } from "react";
import { useTranslation } from "react-i18next";
import { api, type Problem } from "../api/client";
import { Show, useLoaded } from "../api/loaded";
import type { Deletion } from "../api/types";
import { SignedIn } from "../app/session";
import { Button } from "../design/button";
import { Failure } from "../design/failure";
import { dropList } from "../worker/offline-list";
import "./account.css";
import { ShowAgain } from "./fresh";

const GOES = ["looks", "consents", "answers", "posts", "name"] as const;
const STAYS = ["log", "proof", "clips", "home", "office"] as const;

/** What goes, what stays and why; then the word. Both choices look alike, and nothing happens before the second step. */
export function DeletePage() {
  const [isDone, setDone] = useState(false);
  if (isDone) return <Done />;
  return <SignedIn>{() => <Steps onDone={() => setDone(true)} />}</SignedIn>;
}

function Steps({ onDone }: { onDone: () => void }) {
  const { t } = useTranslation();
  const found = useLoaded<Deletion>("/account/deletion");
  const [isSecond, setSecond] = useState(false);
  return (
    <main className="page" id="main">
      <p><Link to="/account">← {t("account.account")}</Link></p>
      <h1>{t("account.delete_title")}</h1>
      <Show of={found} lines={4}>
        {(said) => said.why_not
          ? <p className="note">{t("account.delete_last_manager")}</p>
          : isSecond ? <Second isFresh={said.is_fresh} onDone={onDone} /> : <First onGo={() => setSecond(true)} />}
      </Show>
    </main>
  );
}

function First({ onGo }: { onGo: () => void }) {
  const { t } = useTranslation();
  const navigate = useNavigate();
  return (
    <>
      <p className="lead">{t("account.delete_lead")}</p>
      <section className="card stack tight">
        <h2>{t("account.goes_title")}</h2>
        <ul className="said">{GOES.map((what) => <li key={what}>{t(`account.goes.${what}`)}</li>)}</ul>
      </section>
      <section className="card stack tight">
        <h2>{t("account.stays_title")}</h2>
        <ul className="said">{STAYS.map((what) => <li key={what}>{t(`account.stays.${what}`)}</li>)}</ul>
      </section>
      <p>{t("account.delete_when")}</p>
      <p>{t("account.delete_new")}</p>
      <div className="choices">
        <Button size="big" onClick={() => void navigate({ to: "/account" })}>{t("account.delete_keep")}</Button>
        <Button size="big" onClick={onGo}>{t("account.delete_go")}</Button>
      </div>
    </>
  );
}

function Second({ isFresh, onDone }: { isFresh: boolean; onDone: () => void }) {
  const { t } = useTranslation();
  const id = useId();
  const client = useQueryClient();
  const navigate = useNavigate();
  const [busy, setBusy] = useState(false);
  const [problem, setProblem] = useState<Problem>();

  async function submit(event: FormEvent<HTMLFormElement>) {
    event.preventDefault();
    const word = String(new FormData(event.currentTarget).get("word"));
    setBusy(true);
    const done = await api("POST", "/account/deletion", { word });
    setBusy(false);
    setProblem(done.ok ? undefined : done.problem);
    if (!done.ok) {
      await client.invalidateQueries({ queryKey: ["account"] });
      return;
    }
    await dropList();
    onDone();
    await client.resetQueries();
  }

  if (!isFresh) return <section className="card"><ShowAgain /></section>;
  return (
    <form className="card stack" onSubmit={(event) => void submit(event)}>
      <p>{t("account.delete_last")}</p>
      <div className="field">
        <label htmlFor={id}>{t("account.delete_type", { word: t("account.delete_word") })}</label>
        <input className="input" id={id} name="word" autoComplete="off" autoCapitalize="none" spellCheck={false} required maxLength={20} />
      </div>
      <div className="choices">
        <Button size="big" onClick={() => void navigate({ to: "/account" })}>{t("account.delete_keep")}</Button>
        <Button size="big" type="submit" busy={busy}>{t("account.delete_now")}</Button>
      </div>
      {problem && <Failure problem={problem} />}
    </form>
  );
}

function Done() {
  const { t } = useTranslation();
  return (
    <main className="page" id="main">
      <h1>{t("account.done_title")}</h1>
      <p className="lead" role="status">{t("account.done_text")}</p>
      <p><Link to="/" className="btn">{t("account.done_on")}</Link></p>
    </main>
  );
}
