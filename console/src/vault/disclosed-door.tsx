import { useState, type FormEvent } from "react";
import { useTranslation } from "react-i18next";
import { api, type Problem } from "../api/client";
import type { Disclosed, Proved } from "../api/types";
import { day } from "../app/format";
import { Button } from "../design/button";
import { Failure } from "../design/failure";
import { signReceipt } from "./receipt";
import { provePasskey } from "./recipient-passkey";

/** Before anything is shown: pass-phrase or passkey, then the receipt. */
export function Door({ problem, onOpen }: { problem: Problem | undefined; onOpen: (shown: Disclosed) => void }) {
  const { t, i18n } = useTranslation();
  const [proved, setProved] = useState<Proved>();
  const [fault, setFault] = useState<Problem | undefined>(problem);
  const secret = location.hash.slice(1);

  async function prove(event: FormEvent<HTMLFormElement>) {
    event.preventDefault();
    const passphrase = String(new FormData(event.currentTarget).get("passphrase"));
    const answer = await api<Proved>("POST", "/disclosed/prove", { secret, passphrase });
    setFault(answer.ok ? undefined : answer.problem);
    if (answer.ok) setProved(answer.data);
  }

  async function byPasskey() {
    const answer = await provePasskey(secret);
    setFault(answer === undefined || answer.ok ? undefined : answer.problem);
    if (answer?.ok) setProved(answer.data);
  }

  async function open(of: Proved) {
    const receipt = await signReceipt(of, Date.now());
    const answer = await api<Disclosed>("POST", "/disclosed/open", { receipt });
    if (answer.ok) onOpen(answer.data);
    else {
      setProved(undefined);
      setFault(answer.problem);
    }
  }

  return (
    <main className="page" id="main">
      <h1>{t("vault.door_title")}</h1>
      {proved ? (
        <section className="card stack">
          <p className="lead">{t("vault.door_from", { agency: proved.agency, name: proved.recipient })}</p>
          <p>{t("vault.door_count", { count: proved.items.length })} {t("vault.door_until", { day: day(proved.expires_at, i18n.language) })}</p>
          <p>{t("vault.door_receipt")}</p>
          <Button look="primary" size="big" onClick={() => void open(proved)}>{t("vault.door_open")}</Button>
        </section>
      ) : (
        <form className="card stack" onSubmit={(event) => void prove(event)}>
          <p>{t(secret ? "vault.door_text" : "vault.door_no_link")}</p>
          <div className="field"><label htmlFor="p-phrase">{t("vault.passphrase")}</label>
            <input className="input code-like" id="p-phrase" name="passphrase" required autoComplete="off" autoCapitalize="none" spellCheck={false} maxLength={60} disabled={!secret} /></div>
          <div className="row">
            <Button type="submit" look="primary" disabled={!secret}>{t("vault.door_go")}</Button>
            <Button disabled={!secret} onClick={() => void byPasskey()}>{t("vault.door_passkey")}</Button>
          </div>
        </form>
      )}
      {fault && <Failure problem={fault} />}
    </main>
  );
}
