import { useState, type FormEvent } from "react";
import { useTranslation } from "react-i18next";
import type { Problem } from "../api/client";
import { Button } from "../design/button";
import { Failure } from "../design/failure";
import { addPasskey } from "./recipient-passkey";

/** For next time: the finger, face or PIN of this device instead of the pass-phrase. Nobody has to. */
export function AddPasskey({ recipient }: { recipient: string }) {
  const { t } = useTranslation();
  const [isMade, setMade] = useState(false);
  const [problem, setProblem] = useState<Problem>();

  async function add(event: FormEvent<HTMLFormElement>) {
    event.preventDefault();
    const only = new FormData(event.currentTarget).get("only") !== null;
    const answer = await addPasskey(recipient, only);
    setProblem(answer === undefined || answer.ok ? undefined : answer.problem);
    if (answer?.ok) setMade(true);
  }

  if (isMade) return <p className="note good" role="status">{t("vault.passkey_made")}</p>;
  return (
    <details className="card">
      <summary>{t("vault.passkey_title")}</summary>
      <form className="stack tight" onSubmit={(event) => void add(event)}>
        <p className="small">{t("vault.passkey_text")}</p>
        <label className="check"><input type="checkbox" name="only" /><span>{t("vault.passkey_only")}</span></label>
        <div><Button type="submit">{t("vault.passkey_make")}</Button></div>
        {problem && <Failure problem={problem} />}
      </form>
    </details>
  );
}
