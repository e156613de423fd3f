import { useState, type ReactNode } from "react";
import { useTranslation } from "react-i18next";
import { Button } from "../design/button";
import { Dialog } from "../design/dialog";
import { allauth, type Answer } from "./allauth";
import { passkeysWork, proveWithPasskey } from "./passkey";
import { CodeStep } from "./signin";

type Act = () => Promise<Answer>;
interface Asked { types: string[]; act: Act; settle: (answer: Answer) => void; first: Answer }

/** Types of proof that a refusal asks for before it lets this through; none when it is about something else. */
export function wantedProof(answer: Answer): string[] {
  if (answer.status !== 401) return [];
  return answer.flows.find((flow) => flow.id === "mfa_reauthenticate")?.types ?? [];
}

/** Does what changes the account; where the server wants a fresh proof first, `form` asks for it and goes on. */
export function useProof(): { withProof: (act: Act) => Promise<Answer>; form: ReactNode } {
  const [asked, setAsked] = useState<Asked>();
  async function withProof(act: Act): Promise<Answer> {
    const first = await act();
    const types = wantedProof(first);
    if (types.length === 0) return first;
    return new Promise((settle) => setAsked({ types, act, settle, first }));
  }
  async function proven(): Promise<void> {
    setAsked(undefined);
    if (asked) asked.settle(await asked.act());
  }
  function leave(): void {
    setAsked(undefined);
    asked?.settle(asked.first);
  }
  return { withProof, form: asked && <Prove types={asked.types} onProven={() => void proven()} onLeave={leave} /> };
}

interface ProveProps { types: string[]; onProven: () => void; onLeave: () => void }

/** Asks for the second factor once more. */
export function Prove({ types, onProven, onLeave }: ProveProps) {
  const { t } = useTranslation();
  const [busy, setBusy] = useState(false);
  const [fault, setFault] = useState("");
  async function prove(act: Act) {
    setBusy(true);
    setFault("");
    const answer = await act().catch(() => undefined);
    setBusy(false);
    if (answer?.status === 200) onProven();
    else setFault(answer ? (answer.errors[0]?.message ?? t("door.failed")) : t("door.cancelled"));
  }
  return (
    <Dialog title={t("door.prove_title")} onClose={onLeave}>
      <div className="stack">
        <p className="muted">{t("door.prove_text")}</p>
        {(types.includes("totp") || types.includes("recovery_codes")) && (
          <CodeStep
            busy={busy} label={t("door.second_code")} hint={t("door.second_hint")}
            onCode={(code) => void prove(() => allauth("POST", "/auth/2fa/reauthenticate", { code }))}
          />
        )}
        {types.includes("webauthn") && passkeysWork() && (
          <Button busy={busy} onClick={() => void prove(proveWithPasskey)}>{t("door.use_passkey")}</Button>
        )}
        <p className="note bad" role="alert" hidden={!fault}>{fault}</p>
      </div>
    </Dialog>
  );
}
