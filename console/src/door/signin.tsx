import { useId, useState, type FormEvent } from "react";
import { useTranslation } from "react-i18next";
import { Button } from "../design/button";
import { allauth, prepare, stepOf, type Answer, type Step } from "./allauth";
import { passkeysWork, secondFactorWithPasskey, signInWithPasskey } from "./passkey";

/** E-mail code or passkey, then the second factor where the account has one. */
export function SignIn({ onDone }: { onDone: () => void }) {
  const { t } = useTranslation();
  const [step, setStep] = useState<Step>({ at: "email" });
  const [isNew, setNew] = useState(false);
  const [busy, setBusy] = useState(false);
  const [fault, setFault] = useState("");

  async function go(email: string, act: () => Promise<Answer>) {
    setBusy(true);
    setFault("");
    try {
      await prepare();
      const answer = await act();
      const next = stepOf(answer, email);
      if (next?.at === "done") onDone();
      else if (next) setStep(next);
      else setFault(answer.errors[0]?.message ?? t(answer.status === 429 ? "problem.limit-reached" : "door.failed"));
    } catch {
      setFault(t("door.cancelled"));
    }
    setBusy(false);
  }

  return (
    <div className="card stack">
      <h2>{t(isNew ? "door.new_title" : "door.sign_in")}</h2>
      {step.at === "email" && (
        <EmailStep
          busy={busy}
          isNew={isNew}
          onEmail={(email) => void go(email, () => allauth("POST", isNew ? "/auth/signup" : "/auth/code/request", { email }))}
          onPasskey={() => void go("", signInWithPasskey)}
        />
      )}
      {step.at === "code" && (
        <CodeStep
          busy={busy}
          label={t("door.code")}
          hint={t("door.code_sent", { email: step.email })}
          onCode={(code) => void go(step.email, () =>
            allauth("POST", step.confirm, step.confirm === "/auth/email/verify" ? { key: code } : { code }))}
        />
      )}
      {step.at === "second" && (
        <>
          <CodeStep
            busy={busy}
            label={t("door.second_code")}
            hint={t("door.second_hint")}
            onCode={(code) => void go("", () => allauth("POST", "/auth/2fa/authenticate", { code }))}
          />
          {step.types.includes("webauthn") && passkeysWork() && (
            <Button onClick={() => void go("", secondFactorWithPasskey)}>{t("door.use_passkey")}</Button>
          )}
        </>
      )}
      <p className="note bad" role="alert" hidden={!fault}>{fault}</p>
      <div className="row">
        {step.at === "email"
          ? <Button look="quiet" size="small" onClick={() => setNew(!isNew)}>{t(isNew ? "door.have_account" : "door.no_account")}</Button>
          : <Button look="quiet" size="small" onClick={() => setStep({ at: "email" })}>{t("door.other_email")}</Button>}
      </div>
    </div>
  );
}

interface EmailProps { busy: boolean; isNew: boolean; onEmail: (email: string) => void; onPasskey: () => void }

function EmailStep({ busy, isNew, onEmail, onPasskey }: EmailProps) {
  const { t } = useTranslation();
  function submit(event: FormEvent<HTMLFormElement>) {
    event.preventDefault();
    onEmail(String(new FormData(event.currentTarget).get("email")).trim());
  }
  return (
    <form className="stack" onSubmit={submit}>
      <div className="field">
        <label htmlFor="email">{t("door.email")}</label>
        <input className="input" id="email" name="email" type="email" autoComplete="username webauthn" required />
      </div>
      <Button type="submit" look="primary" busy={busy}>{t("door.send_code")}</Button>
      {!isNew && passkeysWork() && <Button onClick={onPasskey}>{t("door.use_passkey")}</Button>}
    </form>
  );
}

interface CodeProps { busy: boolean; label: string; hint: string; onCode: (code: string) => void }

export function CodeStep({ busy, label, hint, onCode }: CodeProps) {
  const { t } = useTranslation();
  const id = useId();
  function submit(event: FormEvent<HTMLFormElement>) {
    event.preventDefault();
    onCode(String(new FormData(event.currentTarget).get("code")).trim());
  }
  return (
    <form className="stack" onSubmit={submit}>
      <div className="field">
        <label htmlFor={id}>{label}</label>
        <input
          className="input code" id={id} name="code" autoComplete="one-time-code" required
          maxLength={32} aria-describedby={`${id}-hint`} spellCheck={false}
        />
        <p className="hint" id={`${id}-hint`}>{hint}</p>
      </div>
      <Button type="submit" look="primary" busy={busy}>{t("door.go_on")}</Button>
    </form>
  );
}
