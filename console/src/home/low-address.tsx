import { useState, type FormEvent } from "react";
import { useTranslation } from "react-i18next";
import type { Problem } from "../api/client";
import { useLoaded } from "../api/loaded";
import type { Edge, OwnCamera } from "../api/types";
import { Button } from "../design/button";
import { Failure } from "../design/failure";
import { sendLowAddress } from "./address";

/** Where the camera's smaller stream is. Only its box learns it, so what is set there is not shown here. */
export function LowAddress({ camera, person }: { camera: OwnCamera; person: string }) {
  const { t } = useTranslation();
  const edges = useLoaded<Edge[]>("/edges");
  const [busy, setBusy] = useState(false);
  const [said, setSaid] = useState<"low_sent" | "low_gone">();
  const [problem, setProblem] = useState<Problem>();
  const edge = edges.state === "ready" ? edges.data.find((one) => one.id === camera.edge) : undefined;
  if (!edge) return null;

  async function send(to: Edge, address: string): Promise<boolean> {
    setBusy(true);
    setSaid(undefined);
    const answer = await sendLowAddress(person, camera.id, to, address);
    setBusy(false);
    setProblem(answer.ok ? undefined : answer.problem);
    if (answer.ok) setSaid(address ? "low_sent" : "low_gone");
    return answer.ok;
  }

  async function submit(event: FormEvent<HTMLFormElement>, to: Edge) {
    event.preventDefault();
    const form = event.currentTarget;
    const address = new FormData(form).get("low-address");
    if (typeof address === "string" && address.trim() && await send(to, address.trim())) form.reset();
  }

  return (
    <details className="card low-stream">
      <summary>{t("home.low")}</summary>
      <form className="stack" onSubmit={(event) => void submit(event, edge)}>
        <p className="muted small">{t("home.low_text")}</p>
        <div className="field">
          <label htmlFor="low-address">{t("home.low_address")}</label>
          <input className="input" id="low-address" name="low-address" required maxLength={900} placeholder="rtsp://" autoComplete="off" spellCheck={false} />
          <p className="hint">{t("home.low_hint")}</p>
        </div>
        <div className="row">
          <Button type="submit" busy={busy}>{t("home.low_do")}</Button>
          <Button look="quiet" busy={busy} onClick={() => void send(edge, "")}>{t("home.low_none")}</Button>
        </div>
        <p className="small" role="status">{said && t(`home.${said}`)}</p>
        {problem && <Failure problem={problem} />}
      </form>
    </details>
  );
}
