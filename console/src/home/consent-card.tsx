import { useQueryClient } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { api, type Problem } from "../api/client";
import { useLoaded } from "../api/loaded";
import type { Consent, Draft, Programme } from "../api/types";
import { codeText } from "../app/codes";
import { Button } from "../design/button";
import { Failure } from "../design/failure";
import { TermsInWords } from "./terms";

/** What was agreed with one programme, the receipt, and the way out in two taps. */
export function ConsentCard({ consent, drafts }: { consent: Consent; drafts: Draft[] }) {
  const { t } = useTranslation();
  const isGiven = consent.state === "given";
  return (
    <article className="card stack">
      <header className="row between">
        <ProgrammeName id={consent.programme} drafts={drafts} />
        <span className={`chip ${isGiven ? "good" : "warn"}`}>{codeText(t, "consent_state", consent.state)}</span>
      </header>
      <TermsInWords terms={consent.terms} />
      <footer className="row">
        <a className="btn small" href={`/api/consents/${consent.id}/receipt.html`}>{t("home.receipt")}</a>
        <Link className="btn small" to="/home/cameras/$camera/consent" params={{ camera: consent.camera }}>
          {t(isGiven ? "home.change_terms" : "home.give_again")}
        </Link>
        {isGiven && <Withdraw consent={consent} />}
      </footer>
    </article>
  );
}

function ProgrammeName({ id, drafts }: { id: string; drafts: Draft[] }) {
  const known = drafts.find((draft) => draft.programme === id)?.programme_name;
  const page = useLoaded<Programme>(`/programmes/${id}`, { enabled: !known, staleTime: 300_000 });
  return <h3>{known ?? (page.state === "ready" ? page.data.name : "…")}</h3>;
}

function Withdraw({ consent }: { consent: Consent }) {
  const { t } = useTranslation();
  const client = useQueryClient();
  const [sure, setSure] = useState(false);
  const [busy, setBusy] = useState(false);
  const [problem, setProblem] = useState<Problem>();

  async function withdraw() {
    setBusy(true);
    const done = await api("POST", `/consents/${consent.id}/withdraw`);
    setBusy(false);
    if (!done.ok) return setProblem(done.problem);
    await client.invalidateQueries();
  }

  if (!sure) return <Button size="small" look="quiet" onClick={() => setSure(true)}>{t("home.withdraw")}</Button>;
  return (
    <>
      <Button size="small" look="live" busy={busy} onClick={() => void withdraw()}>{t("home.withdraw_sure")}</Button>
      <Button size="small" look="quiet" onClick={() => setSure(false)}>{t("shell.cancel")}</Button>
      {problem && <Failure problem={problem} />}
    </>
  );
}
