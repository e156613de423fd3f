import { useEffect, useRef, useState } from "react";
import { useTranslation } from "react-i18next";
import { Button } from "../design/button";
import { allauth, type Answer } from "./allauth";

const PATH = "/account/authenticators/recovery-codes";

interface Props { fresh?: boolean; onKept: () => void; withProof?: (act: () => Promise<Answer>) => Promise<Answer> }

/** The recovery codes, shown once, to be written down; `fresh` makes new ones and the old ones stop working. */
export function RecoveryCodes({ fresh = false, onKept, withProof = (act) => act() }: Props) {
  const { t } = useTranslation();
  const [codes, setCodes] = useState<string[]>();
  const [fault, setFault] = useState("");
  const asked = useRef(false);
  useEffect(() => {
    if (asked.current) return;
    asked.current = true;
    void (async () => {
      let answer = await withProof(() => allauth(fresh ? "POST" : "GET", PATH));
      if (answer.status === 404) answer = await withProof(() => allauth("POST", PATH));
      const found = (answer.data as { unused_codes?: string[] }).unused_codes;
      if (found) setCodes(found);
      else setFault(answer.errors[0]?.message ?? t("door.failed"));
    })();
  }, [fresh, t, withProof]);
  return (
    <section className="card stack">
      <h2>{t("door.recovery_title")}</h2>
      <p className="muted">{t("door.recovery_text")}</p>
      <ul className="codes mono">{codes?.map((code) => <li key={code}>{code}</li>)}</ul>
      <p className="note bad" role="alert" hidden={!fault}>{fault}</p>
      <Button look="primary" onClick={onKept}>{t("door.recovery_kept")}</Button>
    </section>
  );
}
