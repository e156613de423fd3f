import { useCallback, useEffect, useState } from "react";
import { useTranslation } from "react-i18next";
import { dayAndTime } from "../app/format";
import { Button } from "../design/button";
import { allauth, type Answer } from "./allauth";
import { Enrol } from "./enrol";
import { useProof } from "./prove";
import { RecoveryCodes } from "./recovery";

interface Factor {
  type: "totp" | "webauthn" | "recovery_codes";
  id?: number;
  name?: string;
  created_at: number;
  unused_code_count?: number;
}

type Doing = "" | "adding" | "codes" | "new-codes";

/** My second factors: what there is, one more, one less, new recovery codes. */
export function Factors() {
  const { t } = useTranslation();
  const [factors, setFactors] = useState<Factor[]>([]);
  const [doing, setDoing] = useState<Doing>("");
  const [fault, setFault] = useState("");
  const { withProof, form } = useProof();
  const load = useCallback(async () => {
    const answer = await allauth("GET", "/account/authenticators");
    if (answer.status === 200 && Array.isArray(answer.data)) setFactors(answer.data as Factor[]);
  }, []);
  useEffect(() => void load(), [load]);

  async function change(act: () => Promise<Answer>, then: Doing = "") {
    setFault("");
    const answer = await withProof(act);
    if (answer.status !== 200) setFault(answer.errors[0]?.message ?? t("door.failed"));
    else setDoing(then);
    await load();
  }

  function enrolled() {
    const isFirst = !factors.some((factor) => factor.type === "recovery_codes");
    setDoing(isFirst ? "codes" : "");
    void load();
  }

  return (
    <section className="card stack tight">
      <h2>{t("door.factors")}</h2>
      <p className="muted">{t("door.factors_text")}</p>
      <ul className="stack tight" aria-label={t("door.factors")}>
        {factors.map((factor) => (
          <OneFactor
            key={`${factor.type}${factor.id ?? ""}`} factor={factor}
            onRemove={() => void change(() => remove(factor))}
            onNewCodes={() => setDoing("new-codes")}
          />
        ))}
      </ul>
      {form}
      {doing === "" && <div><Button onClick={() => setDoing("adding")}>{t("door.factors_add")}</Button></div>}
      {doing === "adding" && <Enrol onEnrolled={enrolled} withProof={withProof} />}
      {doing === "codes" && <RecoveryCodes onKept={() => setDoing("")} withProof={withProof} />}
      {doing === "new-codes" && <RecoveryCodes fresh onKept={() => setDoing("")} withProof={withProof} />}
      <p className="note bad" role="alert" hidden={!fault}>{fault}</p>
    </section>
  );
}

function remove(factor: Factor): Promise<Answer> {
  if (factor.type === "totp") return allauth("DELETE", "/account/authenticators/totp");
  return allauth("DELETE", "/account/authenticators/webauthn", { authenticators: [factor.id] });
}

interface OneProps { factor: Factor; onRemove: () => void; onNewCodes: () => void }

function OneFactor({ factor, onRemove, onNewCodes }: OneProps) {
  const { t, i18n } = useTranslation();
  const [sure, setSure] = useState(false);
  const made = dayAndTime(factor.created_at * 1000, i18n.language);
  if (factor.type === "recovery_codes") {
    return (
      <li className="row between">
        <span><strong>{t("door.recovery_title")}</strong><br />
          <span className="muted small">{t("door.recovery_left", { count: factor.unused_code_count ?? 0 })}</span></span>
        <Button size="small" onClick={onNewCodes}>{t("door.recovery_new")}</Button>
      </li>
    );
  }
  return (
    <li className="row between">
      <span><strong>{factor.type === "totp" ? t("door.totp_title") : factor.name || t("door.passkey")}</strong><br />
        <span className="muted small">{t("door.factor_since", { when: made })}</span></span>
      {sure
        ? <Button size="small" look="live" onClick={onRemove}>{t("door.factor_remove_sure")}</Button>
        : <Button size="small" look="quiet" onClick={() => setSure(true)}>{t("door.factor_remove")}</Button>}
    </li>
  );
}
