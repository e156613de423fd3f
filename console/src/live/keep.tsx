import { useState } from "react";
import { useTranslation } from "react-i18next";
import { api, type Problem } from "../api/client";
import { useLoaded } from "../api/loaded";
import type { Keep, LiveSession } from "../api/types";
import { problemText } from "../app/problem";
import { Button } from "../design/button";

const RUNNING: readonly Keep["state"][] = ["waiting", "recording", "resting"];
const FAULTS: readonly Keep["state"][] = ["disk-full", "fault", "no-recorder", "sealed"];

/** Keep what this look shows for the vault, from now until it is stopped or the look ends; and how that stands. */
export function KeepButton({ session }: { session: LiveSession }) {
  const { t } = useTranslation();
  const path = `/live/sessions/${session.id}/keep`;
  const keep = useLoaded<Keep>(path);
  const [problem, setProblem] = useState<Problem>();
  const [busy, setBusy] = useState(false);
  if (keep.state !== "ready") return null;
  const { state } = keep.data;
  const isKept = RUNNING.includes(state);

  async function press() {
    setBusy(true);
    const done = await api("POST", isKept ? `${path}/stop` : path);
    setProblem(done.ok ? undefined : done.problem);
    setBusy(false);
  }

  return (
    <>
      <Button size="small" look={isKept ? "live" : "plain"} busy={busy} aria-pressed={isKept} title={t("live.keep_title")} onClick={() => void press()}>
        {isKept && <span className="keep-dot" aria-hidden="true" />}
        {t(isKept ? "live.keep_stop" : "live.keep")}
      </Button>
      <span className="keep-said small" role="status">
        {FAULTS.includes(state) && t(`live.keep_${state as "fault"}`)}
        {state === "waiting" && t("live.keep_waiting")}
        {(state === "recording" || state === "resting") && t("live.keep_recording")}
        {["ended", "stopped", "delivered"].includes(state) && t("live.keep_ended")}
      </span>
      {problem && <p className="note bad small" role="alert">{problem.kind === "look-sealed" ? t("live.keep_sealed") : problemText(t, problem)}</p>}
    </>
  );
}
