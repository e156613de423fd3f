import { useQueryClient } from "@tanstack/react-query";
import { useState, type FormEvent } from "react";
import { useTranslation } from "react-i18next";
import { api, type Problem } from "../api/client";
import { Show, useLoaded } from "../api/loaded";
import type { AgencyPerson } from "../api/types";
import { codeText } from "../app/codes";
import { ago, useNow } from "../app/format";
import { Button } from "../design/button";
import { Failure } from "../design/failure";

const ROLES = ["analyst", "officer", "supervisor", "auditor", "manager"] as const;

/** Who has a seat here; inviting somebody and taking a seat away. */
export function People({ agency }: { agency: string }) {
  const { t } = useTranslation();
  const people = useLoaded<AgencyPerson[]>(`/agencies/${agency}/people`, { enabled: agency !== "" });
  return (
    <section className="stack">
      <h2>{t("office.people")}</h2>
      <Show of={people} lines={4}>
        {(items) => (
          <ul className="card">
            {items.map((person) => <OnePerson key={person.id + person.role} agency={agency} person={person} />)}
          </ul>
        )}
      </Show>
      <Invite agency={agency} />
    </section>
  );
}

function OnePerson({ agency, person }: { agency: string; person: AgencyPerson }) {
  const { t, i18n } = useTranslation();
  const client = useQueryClient();
  const now = useNow(60_000);
  const [sure, setSure] = useState(false);
  async function disable() {
    await api("POST", `/agencies/${agency}/people/${person.id}/disable`);
    await client.invalidateQueries({ queryKey: ["agencies"] });
  }
  return (
    <li className="row between person">
      <span><strong>{person.name}</strong><br /><span className="muted small">{codeText(t, "role", person.role)}</span></span>
      <span className="row small">
        <span className="muted">{person.last_seen_at ? ago(person.last_seen_at, now, i18n.language) : t("office.never_seen")}</span>
        {!person.is_active && <span className="chip">{t("office.disabled")}</span>}
        {person.is_active && (sure
          ? <Button size="small" look="live" onClick={() => void disable()}>{t("office.disable_sure")}</Button>
          : <Button size="small" look="quiet" onClick={() => setSure(true)}>{t("office.disable")}</Button>)}
      </span>
    </li>
  );
}

function Invite({ agency }: { agency: string }) {
  const { t, i18n } = useTranslation();
  const client = useQueryClient();
  const [busy, setBusy] = useState(false);
  const [problem, setProblem] = useState<Problem>();
  const [done, setDone] = useState(false);

  async function invite(event: FormEvent<HTMLFormElement>) {
    event.preventDefault();
    const form = event.currentTarget;
    const said = Object.fromEntries(new FormData(form));
    setBusy(true);
    const answer = await api("POST", `/agencies/${agency}/people`, { ...said, language: i18n.language });
    setBusy(false);
    setProblem(answer.ok ? undefined : answer.problem);
    setDone(answer.ok);
    if (answer.ok) form.reset();
    await client.invalidateQueries({ queryKey: ["agencies"] });
  }

  return (
    <form className="card stack" onSubmit={(event) => void invite(event)}>
      <h3>{t("office.invite")}</h3>
      <div className="three">
        <div className="field"><label htmlFor="p-name">{t("office.name")}</label>
          <input className="input" id="p-name" name="name" required maxLength={80} /></div>
        <div className="field"><label htmlFor="p-email">{t("door.email")}</label>
          <input className="input" id="p-email" name="email" type="email" required /></div>
        <div className="field"><label htmlFor="p-role">{t("office.role")}</label>
          <select className="input" id="p-role" name="role">
            {ROLES.map((role) => <option key={role} value={role}>{codeText(t, "role", role)}</option>)}
          </select></div>
      </div>
      <div><Button type="submit" look="primary" busy={busy}>{t("office.invite_do")}</Button></div>
      {problem && <Failure problem={problem} />}
      {done && <p className="note good" role="status">{t("office.invited")}</p>}
    </form>
  );
}
