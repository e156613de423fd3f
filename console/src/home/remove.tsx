import { useQueryClient } from "@tanstack/react-query";
import { useNavigate } from "@tanstack/react-router";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { api, type Problem } from "../api/client";
import { Button } from "../design/button";
import { Failure } from "../design/failure";

/** Take a camera out for good, in two taps; what was written in the log stays there. */
export function RemoveCamera({ camera }: { camera: string }) {
  const { t } = useTranslation();
  const client = useQueryClient();
  const navigate = useNavigate();
  const [sure, setSure] = useState(false);
  const [busy, setBusy] = useState(false);
  const [problem, setProblem] = useState<Problem>();

  async function remove() {
    setBusy(true);
    const done = await api("DELETE", `/cameras/${camera}`);
    setBusy(false);
    if (!done.ok) return setProblem(done.problem);
    await navigate({ to: "/home" });
    await client.invalidateQueries();
  }

  return (
    <footer className="stack tight">
      {!sure && <div><Button size="small" look="quiet" onClick={() => setSure(true)}>{t("home.remove")}</Button></div>}
      {sure && (
        <div className="note warn stack tight">
          <p>{t("home.remove_text")}</p>
          <div className="row">
            <Button size="small" look="live" busy={busy} onClick={() => void remove()}>{t("home.remove_sure")}</Button>
            <Button size="small" look="quiet" onClick={() => setSure(false)}>{t("shell.cancel")}</Button>
          </div>
        </div>
      )}
      {problem && <Failure problem={problem} />}
    </footer>
  );
}
