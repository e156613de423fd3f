import { useState, type FormEvent } from "react";
import { useTranslation } from "react-i18next";
import { api, type Problem } from "../api/client";
import { codeText } from "../app/codes";
import { Button } from "../design/button";
import { Failure } from "../design/failure";
import { REASONS } from "./parts";

/** Which rule a post or answer breaks; a person looks at it. */
export function Report({ path }: { path: string }) {
  const { t } = useTranslation();
  const [isDone, setDone] = useState(false);
  const [busy, setBusy] = useState(false);
  const [problem, setProblem] = useState<Problem>();
  async function send(event: FormEvent<HTMLFormElement>) {
    event.preventDefault();
    const said = new FormData(event.currentTarget);
    setBusy(true);
    const done = await api("POST", path, { reason: String(said.get("reason")), said: String(said.get("said")) });
    setBusy(false);
    setProblem(done.ok ? undefined : done.problem);
    setDone(done.ok);
  }
  if (isDone) return <p className="note good" role="status">{t("neighbors.report_thanks")}</p>;
  return (
    <form className="stack tight" onSubmit={(event) => void send(event)}>
      <fieldset className="field">
        <legend>{t("neighbors.reason_pick")}</legend>
        {REASONS.map((reason) => (
          <label key={reason} className="check">
            <input type="radio" name="reason" value={reason} required />
            <span>{codeText(t, "post_reason", reason)}<br /><span className="muted small">{codeText(t, "post_reason_text", reason)}</span></span>
          </label>
        ))}
      </fieldset>
      <div className="field"><label htmlFor={`said-${path}`}>{t("neighbors.report_said")}</label>
        <input className="input" id={`said-${path}`} name="said" maxLength={500} /></div>
      <div><Button type="submit" look="primary" busy={busy}>{t("neighbors.report_do")}</Button></div>
      {problem && <Failure problem={problem} />}
    </form>
  );
}
