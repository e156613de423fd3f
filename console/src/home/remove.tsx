import { useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { api, type Problem } from "../api/client";
import { Button } from "../design/button";
import { Failure } from "../design/failure";

/** `label` is what is read aloud when `words` alone would not say which one; `then` comes before all is read again. */
interface Removal { path: string; words: string; label?: string; text: string; then?: () => Promise<void> }

/** Take a camera or an edge out for good, in two taps; what was written in the log stays there. */
export function Remove({ path, words, label, text, then }: Removal) {
  const { t } = useTranslation();
  const client = useQueryClient();
  const [sure, setSure] = useState(false);
  const [busy, setBusy] = useState(false);
  const [problem, setProblem] = useState<Problem>();

  async function remove() {
    setBusy(true);
    const done = await api("DELETE", path);
    setBusy(false);
    if (!done.ok) return setProblem(done.problem);
    await then?.();
    await client.invalidateQueries();
  }

  return (
    <footer className="stack tight">
      {!sure && <div><Button size="small" look="quiet" aria-label={label} onClick={() => setSure(true)}>{words}</Button></div>}
      {sure && (
        <div className="note warn stack tight">
          <p>{text}</p>
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
