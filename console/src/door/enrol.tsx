import { useEffect, useState } from "react";
import { useTranslation } from "react-i18next";
import { renderSVG } from "uqr";
import { Button } from "../design/button";
import { allauth, type Answer } from "./allauth";
import { addPasskey, passkeysWork } from "./passkey";
import { CodeStep } from "./signin";

interface Secret { secret: string; url: string }

interface EnrolProps { onEnrolled: () => void; withProof?: (act: () => Promise<Answer>) => Promise<Answer> }

/** Two ways to a second factor; a passkey is the shorter one. */
export function Enrol({ onEnrolled, withProof = (act) => act() }: EnrolProps) {
  const { t } = useTranslation();
  const [fault, setFault] = useState("");
  const [busy, setBusy] = useState(false);

  async function passkey() {
    setBusy(true);
    setFault("");
    try {
      const answer = await withProof(() => addPasskey(t("door.passkey_name")));
      if (answer.status === 200) onEnrolled();
      else setFault(answer.errors[0]?.message ?? t("door.again"));
    } catch {
      setFault(t("door.cancelled"));
    }
    setBusy(false);
  }

  return (
    <>
      {passkeysWork() && (
        <section className="card stack">
          <h2>{t("door.passkey_title")}</h2>
          <p className="muted">{t("door.passkey_text")}</p>
          <Button look="primary" busy={busy} onClick={() => void passkey()}>{t("door.passkey_add")}</Button>
        </section>
      )}
      <Totp onEnrolled={onEnrolled} onFault={setFault} withProof={withProof} />
      <p className="note bad" role="alert" hidden={!fault}>{fault}</p>
    </>
  );
}

interface TotpProps extends Required<EnrolProps> { onFault: (text: string) => void }

function Totp({ onEnrolled, onFault, withProof }: TotpProps) {
  const { t } = useTranslation();
  const [secret, setSecret] = useState<Secret>();
  const [busy, setBusy] = useState(false);
  useEffect(() => {
    void allauth("GET", "/account/authenticators/totp").then((answer) => {
      const { secret: text, totp_url: url } = answer.meta as { secret?: string; totp_url?: string };
      if (text && url) setSecret({ secret: text, url });
    });
  }, []);

  async function activate(code: string) {
    setBusy(true);
    const answer = await withProof(() => allauth("POST", "/account/authenticators/totp", { code }));
    setBusy(false);
    if (answer.status === 200) onEnrolled();
    else onFault(answer.errors[0]?.message ?? t("door.again"));
  }

  if (!secret) return null;
  return (
    <section className="card stack">
      <h2>{t("door.totp_title")}</h2>
      <p className="muted">{t("door.totp_text")}</p>
      <div className="row">
        <img className="qr" alt={t("door.totp_qr")} src={`data:image/svg+xml,${encodeURIComponent(renderSVG(secret.url))}`} />
        <p className="mono">{secret.secret}</p>
      </div>
      <CodeStep busy={busy} label={t("door.totp_code")} hint={t("door.totp_hint")} onCode={(code) => void activate(code)} />
    </section>
  );
}
