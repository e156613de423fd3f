import { useQueryClient } from "@tanstack/react-query";
import { useEffect, useState } from "react";
import { useTranslation } from "react-i18next";
import { Button } from "../design/button";
import { allauth, type Answer } from "../door/allauth";
import { passkeysWork, proveWithPasskey } from "../door/passkey";
import { CodeStep } from "../door/signin";

/** Before all of somebody's data leaves or goes: show again that it is you, by what this account has for it. */
export function ShowAgain() {
  const { t } = useTranslation();
  const client = useQueryClient();
  const [types, setTypes] = useState<string[]>();
  const [busy, setBusy] = useState(false);
  const [fault, setFault] = useState("");
  useEffect(() => {
    void allauth("GET", "/account/authenticators").then((answer) => {
      const found = Array.isArray(answer.data) ? (answer.data as { type: string }[]) : [];
      setTypes(found.map((factor) => factor.type));
    });
  }, []);

  async function prove(act: () => Promise<Answer>) {
    setBusy(true);
    setFault("");
    const answer = await act().catch(() => undefined);
    setBusy(false);
    if (answer?.status === 200) await client.invalidateQueries({ queryKey: ["account"] });
    else setFault(answer ? (answer.errors[0]?.message ?? t("door.failed")) : t("door.cancelled"));
  }

  async function signInAgain() {
    setBusy(true);
    await allauth("DELETE", "/auth/session");
    await client.invalidateQueries();
  }

  if (!types) return null;
  const hasCode = types.includes("totp") || types.includes("recovery_codes");
  const hasKey = types.includes("webauthn") && passkeysWork();
  return (
    <div className="stack tight">
      <h3>{t("account.fresh_title")}</h3>
      <p className="muted">{t(hasCode || hasKey ? "account.fresh_text" : "account.fresh_again_text")}</p>
      {hasKey && <div><Button busy={busy} onClick={() => void prove(proveWithPasskey)}>{t("door.use_passkey")}</Button></div>}
      {hasCode && (
        <CodeStep
          busy={busy} label={t("door.second_code")} hint={t("door.second_hint")}
          onCode={(code) => void prove(() => allauth("POST", "/auth/2fa/reauthenticate", { code }))}
        />
      )}
      {!hasCode && !hasKey && <div><Button busy={busy} onClick={() => void signInAgain()}>{t("account.fresh_again")}</Button></div>}
      <p className="note bad" role="alert" hidden={!fault}>{fault}</p>
    </div>
  );
}
