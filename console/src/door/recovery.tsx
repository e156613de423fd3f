import { useEffect, useState } from "react";
import { useTranslation } from "react-i18next";
import { Button } from "../design/button";
import { allauth } from "./allauth";

/** The recovery codes, shown to be written down. */
export function RecoveryCodes({ onKept }: { onKept: () => void }) {
  const { t } = useTranslation();
  const [codes, setCodes] = useState<string[]>();
  useEffect(() => {
    void (async () => {
      let answer = await allauth("GET", "/account/authenticators/recovery-codes");
      if (answer.status === 404) answer = await allauth("POST", "/account/authenticators/recovery-codes");
      setCodes((answer.data as { unused_codes?: string[] }).unused_codes ?? []);
    })();
  }, []);
  return (
    <section className="card stack">
      <h2>{t("door.recovery_title")}</h2>
      <p className="muted">{t("door.recovery_text")}</p>
      <ul className="codes mono">{codes?.map((code) => <li key={code}>{code}</li>)}</ul>
      <Button look="primary" onClick={onKept}>{t("door.recovery_kept")}</Button>
    </section>
  );
}
