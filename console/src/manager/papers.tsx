import { useQueryClient } from "@tanstack/react-query";
import { Link, useParams } from "@tanstack/react-router";
import { useState, type FormEvent } from "react";
import { useTranslation } from "react-i18next";
import { api, type Problem } from "../api/client";
import { Show, useLoaded } from "../api/loaded";
import type { ManagedProgramme } from "../api/types";
import { codeText } from "../app/codes";
import { Seated } from "../app/session";
import { Button } from "../design/button";
import { Empty } from "../design/empty";
import { Failure } from "../design/failure";
import "../public/public.css";
import { dayOf, DocumentField, instantOf } from "./document";
import { Mandates } from "./mandates";
import { ProgrammeCard } from "./programme-card";
import { Vote } from "./vote";

const CONTACTS = ["programme", "privacy", "complaints"] as const;

export function PapersPage() {
  return <Seated roles={["manager"]}>{() => <Page />}</Seated>;
}

/** What a programme needs before it may be active: papers, dates, contacts, and the vote that allows it. */
function Page() {
  const { t } = useTranslation();
  const { programme: id = "" } = useParams({ strict: false });
  const programmes = useLoaded<ManagedProgramme[]>("/agency/programmes");
  return (
    <main className="page wide" id="main">
      <p><Link to="/manage">← {t("office.title")}</Link></p>
      <header className="stack tight">
        <h1>{t("office.papers")}</h1>
        <p className="lead">{t("office.papers_lead")}</p>
      </header>
      <Show of={programmes} lines={8}>
        {(items) => {
          const found = items.find((one) => one.id === id);
          if (!found) return <Empty title={t("problem.not-found")} />;
          return (
            <>
              <ProgrammeCard programme={found} />
              <Papers key={found.id} programme={found} />
              <Vote programme={found} />
              <Mandates programme={found} />
            </>
          );
        }}
      </Show>
    </main>
  );
}

function Papers({ programme }: { programme: ManagedProgramme }) {
  const { t } = useTranslation();
  const client = useQueryClient();
  const [impact, setImpact] = useState(programme.impact_report_sha256);
  const [use, setUse] = useState(programme.use_policy_sha256);
  const [busy, setBusy] = useState(false);
  const [saved, setSaved] = useState(false);
  const [problem, setProblem] = useState<Problem>();

  async function save(event: FormEvent<HTMLFormElement>) {
    event.preventDefault();
    const said = new FormData(event.currentTarget);
    const text = (name: string) => String(said.get(name) ?? "").trim();
    const contacts = CONTACTS.map((who) => [who, text(who)] as const).filter(([, value]) => value !== "");
    setBusy(true);
    const done = await api("PATCH", `/agency/programmes/${programme.id}`, {
      starts_at: changed(text("starts_at"), programme.starts_at), ends_at: changed(text("ends_at"), programme.ends_at),
      impact_report_sha256: impact || null, use_policy_sha256: use || null, contacts: Object.fromEntries(contacts),
    });
    setBusy(false);
    setSaved(done.ok);
    setProblem(done.ok ? undefined : done.problem);
    await client.invalidateQueries({ queryKey: ["agency"] });
  }

  return (
    <form className="card stack" onSubmit={(event) => void save(event)}>
      <h2>{t("office.papers_title")}</h2>
      <DocumentField id="impact" label={t("office.impact")} value={impact} onChange={setImpact} />
      <DocumentField id="use" label={t("office.use_policy")} value={use} onChange={setUse} />
      <div className="three">
        <div className="field"><label htmlFor="starts">{t("office.begins")}</label>
          <input className="input" id="starts" name="starts_at" type="date" defaultValue={dayOf(programme.starts_at)} /></div>
        <div className="field"><label htmlFor="ends">{t("office.ends_on")}</label>
          <input className="input" id="ends" name="ends_at" type="date" defaultValue={dayOf(programme.ends_at)} /></div>
      </div>
      <fieldset className="field">
        <legend>{t("office.contacts")}</legend>
        <div className="three">
          {CONTACTS.map((who) => (
            <div className="field" key={who}><label htmlFor={`c-${who}`}>{codeText(t, "contact", who)}</label>
              <input className="input" id={`c-${who}`} name={who} maxLength={120} defaultValue={programme.contacts[who] ?? ""} /></div>
          ))}
        </div>
      </fieldset>
      <div><Button type="submit" look="primary" busy={busy}>{t("office.papers_save")}</Button></div>
      {saved && <p className="note good" role="status">{t("office.papers_saved")}</p>}
      {problem && <Failure problem={problem} />}
    </form>
  );
}

/** A day that was not touched keeps its hour: it is not sent at all. */
function changed(day: string, before: string | null): string | null {
  return day === dayOf(before) ? null : instantOf(day);
}
