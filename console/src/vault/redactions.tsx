import { Link, useNavigate } from "@tanstack/react-router";
import { useState, type FormEvent } from "react";
import { useTranslation } from "react-i18next";
import { api, type Problem } from "../api/client";
import { Show, useLoaded } from "../api/loaded";
import type { Redaction } from "../api/types";
import { codeText } from "../app/codes";
import { dayAndTime } from "../app/format";
import { Button } from "../design/button";
import { Failure } from "../design/failure";

/** Redactions of an item: begun with a reason, gone on with, or released. */
export function Redactions({ item, mayMake }: { item: string; mayMake: boolean }) {
  const { t, i18n } = useTranslation();
  const found = useLoaded<Redaction[]>(`/items/${item}/redactions`);
  return (
    <section className="card stack" aria-label={t("redaction.list")}>
      <h2>{t("redaction.list")}</h2>
      <p className="muted small">{t("redaction.list_text")}</p>
      <Show of={found} lines={2}>
        {(rows) => rows.length === 0
          ? <p className="muted">{t("redaction.list_none")}</p>
          : (
            <ul className="stack tight">
              {rows.map((row) => (
                <li key={row.id} className="row between">
                  {mayMake
                    ? <Link to="/redactions/$redaction" params={{ redaction: row.id }}>{t("redaction.list_one", { when: dayAndTime(row.made_at, i18n.language) })}</Link>
                    : <span>{t("redaction.list_one", { when: dayAndTime(row.made_at, i18n.language) })}</span>}
                  <span className={`chip ${row.state === "released" ? "good" : ""}`}>{codeText(t, "redaction_state", row.state)}</span>
                </li>
              ))}
            </ul>
          )}
      </Show>
      {mayMake && <Begin item={item} />}
    </section>
  );
}

function Begin({ item }: { item: string }) {
  const { t } = useTranslation();
  const navigate = useNavigate();
  const [problem, setProblem] = useState<Problem>();

  async function begin(event: FormEvent<HTMLFormElement>) {
    event.preventDefault();
    const said = new FormData(event.currentTarget);
    const made = await api<Redaction>("POST", `/items/${item}/redactions`, { why: String(said.get("why")), finds_faces: said.get("faces") === "on" });
    setProblem(made.ok ? undefined : made.problem);
    if (made.ok) await navigate({ to: "/redactions/$redaction", params: { redaction: made.data.id } });
  }

  return (
    <form className="stack tight" onSubmit={(event) => void begin(event)}>
      <div className="field"><label htmlFor="r-begin">{t("redaction.why")}</label>
        <input className="input" id="r-begin" name="why" required maxLength={400} placeholder={t("redaction.why_eg")} /></div>
      <label className="check"><input type="checkbox" name="faces" defaultChecked /><span>{t("redaction.find_faces")}</span></label>
      <div><Button type="submit">{t("redaction.begin")}</Button></div>
      {problem && <Failure problem={problem} />}
    </form>
  );
}
