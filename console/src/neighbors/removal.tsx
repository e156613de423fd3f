import { useQueryClient } from "@tanstack/react-query";
import { useState, type FormEvent } from "react";
import { useTranslation } from "react-i18next";
import { api, type Problem } from "../api/client";
import { useLoaded } from "../api/loaded";
import type { OwnReview } from "../api/types";
import { codeText } from "../app/codes";
import { Button } from "../design/button";
import { Failure } from "../design/failure";

/** Why something of one's own was removed, what proves it, and how to object. */
export function Removal({ subject }: { subject: string }) {
  const { t } = useTranslation();
  const removals = useLoaded<OwnReview[]>("/neighbors/removals");
  const found = removals.state === "ready" ? removals.data.find((one) => one.subject === subject) : undefined;
  if (!found) return null;
  return (
    <section className="note warn stack tight">
      <h2>{t("neighbors.removed")}</h2>
      <p><strong>{codeText(t, "post_reason", found.reason)}</strong> {codeText(t, "post_reason_text", found.reason)}</p>
      <p dir="auto">{found.explained}</p>
      {found.state === "decided" && <Object review={found} />}
      {found.state === "appealed" && <p role="status">{t("neighbors.appeal_waits")}</p>}
      {found.state === "closed" && (
        <p>{t(found.appeal_verdict === "keep" ? "neighbors.appeal_back" : "neighbors.appeal_stays")} <span dir="auto">{found.appeal_explained}</span></p>
      )}
      <details>
        <summary>{t("neighbors.proof")}</summary>
        <pre className="command mono small in-details">{found.salt}{"\n"}{found.record}</pre>
      </details>
    </section>
  );
}

function Object({ review }: { review: OwnReview }) {
  const { t } = useTranslation();
  const client = useQueryClient();
  const [busy, setBusy] = useState(false);
  const [problem, setProblem] = useState<Problem>();
  async function send(event: FormEvent<HTMLFormElement>) {
    event.preventDefault();
    setBusy(true);
    const done = await api("POST", `/neighbors/reviews/${review.id}/appeal`, { said: String(new FormData(event.currentTarget).get("said")) });
    setBusy(false);
    setProblem(done.ok ? undefined : done.problem);
    if (done.ok) await client.invalidateQueries({ queryKey: ["neighbors"] });
  }
  return (
    <form className="stack tight" onSubmit={(event) => void send(event)}>
      <div className="field">
        <label htmlFor={`appeal-${review.id}`}>{t("neighbors.appeal")}</label>
        <textarea className="input" id={`appeal-${review.id}`} name="said" rows={3} required maxLength={500} dir="auto" />
        <p className="small">{t("neighbors.appeal_hint")}</p>
      </div>
      <div><Button type="submit" busy={busy}>{t("neighbors.appeal_do")}</Button></div>
      {problem && <Failure problem={problem} />}
    </form>
  );
}
