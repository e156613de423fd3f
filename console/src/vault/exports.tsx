import { useQueryClient } from "@tanstack/react-query";
import { useState, type FormEvent } from "react";
import { useTranslation } from "react-i18next";
import { api, type Problem } from "../api/client";
import { Show, useLoaded } from "../api/loaded";
import type { Export } from "../api/types";
import { codeText } from "../app/codes";
import { day } from "../app/format";
import { Button } from "../design/button";
import { Failure } from "../design/failure";

const SETTLED = ["ready", "failed", "gone"];

/** Bags of an item: asked for, made, fetched. */
export function Exports({ item, mayMake }: { item: string; mayMake: boolean }) {
  const { t } = useTranslation();
  const found = useLoaded<Export[]>(`/items/${item}/exports`, {
    refetchInterval: 2_000, isSettled: (rows) => rows.every((row) => SETTLED.includes(row.state)),
  });
  return (
    <section className="card stack" aria-label={t("vault.exports")}>
      <h2>{t("vault.exports")}</h2>
      <p className="muted small">{t("vault.bag_text")}</p>
      <Show of={found} lines={2}>
        {(rows) => rows.length === 0
          ? <p className="muted">{t("vault.no_export")}</p>
          : <ul className="stack">{rows.map((row) => <li key={row.id}><One row={row} mayFetch={mayMake} /></li>)}</ul>}
      </Show>
      {mayMake && <Ask item={item} />}
    </section>
  );
}

function One({ row, mayFetch }: { row: Export; mayFetch: boolean }) {
  const { t, i18n } = useTranslation();
  return (
    <div className="stack tight">
      <p className="row between">
        <span>{row.recipient ? t("vault.bag_for", { name: row.recipient }) : t("vault.bag")}</span>
        <span className={`chip ${row.state === "ready" ? "good" : row.state === "failed" ? "live" : ""}`} role="status">{codeText(t, "export_state", row.state)}</span>
      </p>
      <p className="small muted">
        <span className="num">{day(row.asked_at, i18n.language)}</span>
        {row.state === "ready" && row.ends_at && <> · {t("vault.bag_until", { day: day(row.ends_at, i18n.language) })}</>}
        {row.why && <> · {row.state === "failed" ? row.why : t("vault.bag_no_player", { why: row.why })}</>}
      </p>
      {row.state === "ready" && mayFetch && (
        <div><a className="btn small" href={`/api/exports/${row.id}/bag`} download>{t("vault.bag_fetch")}</a></div>
      )}
    </div>
  );
}

function Ask({ item }: { item: string }) {
  const { t, i18n } = useTranslation();
  const client = useQueryClient();
  const [problem, setProblem] = useState<Problem>();

  async function ask(event: FormEvent<HTMLFormElement>) {
    event.preventDefault();
    const form = event.currentTarget;
    const said = { recipient: String(new FormData(form).get("recipient")), language: i18n.language };
    const made = await api("POST", `/items/${item}/exports`, said);
    setProblem(made.ok ? undefined : made.problem);
    if (made.ok) form.reset();
    await client.invalidateQueries({ queryKey: ["items"] });
  }

  return (
    <form className="row opening" onSubmit={(event) => void ask(event)}>
      <div className="field"><label htmlFor="x-for">{t("vault.recipient")}</label>
        <input className="input" id="x-for" name="recipient" required maxLength={120} /></div>
      <Button type="submit">{t("vault.bag_ask")}</Button>
      {problem && <Failure problem={problem} />}
    </form>
  );
}
