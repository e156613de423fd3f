import { useQueryClient } from "@tanstack/react-query";
import { useState, type FormEvent } from "react";
import { useTranslation } from "react-i18next";
import { api, type Problem } from "../api/client";
import type { Hold, ItemDetail, Role } from "../api/types";
import { day } from "../app/format";
import { Button } from "../design/button";
import { Failure } from "../design/failure";
import { TwoTaps } from "../design/two-taps";

/** What keeps an item past its time. Two people end a hold, one of them an auditor. */
export function Holds({ item, roles }: { item: ItemDetail; roles: Role[] }) {
  const { t } = useTranslation();
  const mayHold = roles.some((role) => role === "supervisor" || role === "auditor");
  const isThere = item.state !== "shredded" && item.state !== "empty";
  if (item.holds.length === 0 && !(mayHold && isThere)) return null;
  return (
    <section className="card stack" aria-label={t("vault.holds")}>
      <h2>{t("vault.holds")}</h2>
      {item.holds.length === 0
        ? <p className="muted">{t("vault.no_hold")}</p>
        : <ul className="stack">{item.holds.map((hold) => <li key={hold.id}><One hold={hold} mayClear={mayHold} /></li>)}</ul>}
      {mayHold && isThere && <NewHold item={item.id} />}
    </section>
  );
}

function One({ hold, mayClear }: { hold: Hold; mayClear: boolean }) {
  const { t, i18n } = useTranslation();
  return (
    <div className="stack tight">
      <p>{hold.why}</p>
      <p className="small muted">
        {t("vault.hold_by", { name: hold.set_by, day: day(hold.set_at, i18n.language) })}
        {hold.until && <> · {t("vault.hold_until", { day: day(hold.until, i18n.language) })}</>}
      </p>
      {hold.cleared_at
        ? <p className="small muted">{t("vault.hold_cleared", { day: day(hold.cleared_at, i18n.language) })}</p>
        : (
          <div className="row">
            {hold.first_by && <span className="chip warn">{t("vault.hold_first", { name: hold.first_by })}</span>}
            {mayClear && <TwoTaps ask={t("vault.hold_clear")} sure={t("vault.hold_clear_sure")} act={() => api("POST", `/holds/${hold.id}/clear`)} />}
          </div>
        )}
    </div>
  );
}

function NewHold({ item }: { item: string }) {
  const { t } = useTranslation();
  const client = useQueryClient();
  const [problem, setProblem] = useState<Problem>();

  async function hold(event: FormEvent<HTMLFormElement>) {
    event.preventDefault();
    const form = event.currentTarget;
    const said = new FormData(form);
    const until = String(said.get("until"));
    const done = await api("POST", `/items/${item}/holds`, {
      why: said.get("why"), until: until ? new Date(`${until}T23:59`).toISOString() : null,
    });
    setProblem(done.ok ? undefined : done.problem);
    if (done.ok) form.reset();
    await client.invalidateQueries({ queryKey: ["items"] });
  }

  return (
    <form className="stack tight" onSubmit={(event) => void hold(event)}>
      <div className="field"><label htmlFor="h-why">{t("vault.hold_why")}</label>
        <input className="input" id="h-why" name="why" required maxLength={400} /></div>
      <div className="field"><label htmlFor="h-until">{t("vault.hold_end")}</label>
        <input className="input" id="h-until" name="until" type="date" /></div>
      <div><Button type="submit">{t("vault.hold")}</Button></div>
      {problem && <Failure problem={problem} />}
    </form>
  );
}
