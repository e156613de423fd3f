import { useQueryClient } from "@tanstack/react-query";
import { useState, type FormEvent } from "react";
import { useTranslation } from "react-i18next";
import { api, type Problem } from "../api/client";
import { Show, type Loaded } from "../api/loaded";
import type { Case, Role } from "../api/types";
import { day } from "../app/format";
import { WATCHERS } from "../app/session";
import { Button } from "../design/button";
import { DataTable } from "../design/data-table";
import { Dialog } from "../design/dialog";
import { Empty } from "../design/empty";
import { Failure } from "../design/failure";

interface Props { cases: Loaded<Case[]>; roles: Role[]; onShow: (found: string) => void }

/** The agency's cases: how many items each holds, and until when it keeps them. */
export function Cases({ cases, roles, onShow }: Props) {
  const { t, i18n } = useTranslation();
  const [keeping, setKeeping] = useState<Case>();
  const mayKeep = roles.includes("supervisor");
  return (
    <section className="stack" aria-label={t("vault.cases")}>
      <h2>{t("vault.cases")}</h2>
      <Show of={cases} lines={2}>
        {(rows) => rows.length === 0 ? <Empty title={t("vault.no_case")} /> : (
          <DataTable label={t("vault.cases")} rows={rows} keyOf={(row) => row.id} columns={[
            { name: t("vault.case_number"), cell: (row) => <strong>{row.number}</strong> },
            { name: t("vault.case_name"), cell: (row) => row.name },
            { name: t("vault.keeps"), cell: (row) => row.keep_until ? t("vault.case_keeps", { day: day(row.keep_until, i18n.language), why: row.keep_why }) : t("vault.case_keeps_not") },
            { name: t("vault.items"), className: "num", cell: (row) => (
              <span className="row">
                <Button size="small" onClick={() => onShow(row.id)}>{t("vault.case_items", { count: row.items })}</Button>
                {mayKeep && <Button size="small" look="quiet" onClick={() => setKeeping(row)}>{t("vault.case_keep")}</Button>}
              </span>
            ) },
          ]} />
        )}
      </Show>
      {roles.some((role) => WATCHERS.includes(role)) && <NewCase />}
      {keeping && <Keep found={keeping} onClose={() => setKeeping(undefined)} />}
    </section>
  );
}

function NewCase() {
  const { t } = useTranslation();
  const client = useQueryClient();
  const [problem, setProblem] = useState<Problem>();

  async function open(event: FormEvent<HTMLFormElement>) {
    event.preventDefault();
    const form = event.currentTarget;
    const said = new FormData(form);
    const made = await api("POST", "/cases", { number: said.get("number"), name: said.get("name") });
    setProblem(made.ok ? undefined : made.problem);
    if (made.ok) form.reset();
    await client.invalidateQueries({ queryKey: ["cases"] });
  }

  return (
    <form className="card stack" onSubmit={(event) => void open(event)}>
      <h3>{t("vault.case_new")}</h3>
      <div className="three">
        <div className="field"><label htmlFor="c-number">{t("vault.case_number")}</label>
          <input className="input" id="c-number" name="number" required maxLength={80} /></div>
        <div className="field"><label htmlFor="c-name">{t("vault.case_name")}</label>
          <input className="input" id="c-name" name="name" maxLength={120} /></div>
        <div className="field end"><Button type="submit">{t("vault.case_open")}</Button></div>
      </div>
      {problem && <Failure problem={problem} />}
    </form>
  );
}

function Keep({ found, onClose }: { found: Case; onClose: () => void }) {
  const { t } = useTranslation();
  const client = useQueryClient();
  const [problem, setProblem] = useState<Problem>();

  async function keep(event: FormEvent<HTMLFormElement>) {
    event.preventDefault();
    const said = new FormData(event.currentTarget);
    const until = String(said.get("until"));
    const done = await api("POST", `/cases/${found.id}/keep`, {
      keep_until: until ? new Date(`${until}T23:59`).toISOString() : null, why: said.get("why"),
    });
    await client.invalidateQueries();
    if (done.ok) onClose();
    else setProblem(done.problem);
  }

  return (
    <Dialog title={t("vault.case_keep_title", { number: found.number })} onClose={onClose}>
      <form className="stack" onSubmit={(event) => void keep(event)}>
        <p className="muted">{t("vault.case_keep_text")}</p>
        <div className="field"><label htmlFor="k-until">{t("vault.until")}</label>
          <input className="input" id="k-until" name="until" type="date" defaultValue={found.keep_until?.slice(0, 10)} /></div>
        <div className="field"><label htmlFor="k-why">{t("vault.why")}</label>
          <input className="input" id="k-why" name="why" required maxLength={400} defaultValue={found.keep_why} /></div>
        <div><Button type="submit" look="primary">{t("vault.save")}</Button></div>
        {problem && <Failure problem={problem} />}
      </form>
    </Dialog>
  );
}
