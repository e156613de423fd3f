import { useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { api, type Problem } from "../api/client";
import { useLoaded } from "../api/loaded";
import type { Agreement, Incident } from "../api/types";
import { codeText } from "../app/codes";
import { ago, useNow } from "../app/format";
import { Button } from "../design/button";
import { Failure } from "../design/failure";

/** For a supervisor: calls that lack views, and the word of a second person. */
export function Agreements({ calls }: { calls: Incident[] }) {
  const { t } = useTranslation();
  const waiting = useLoaded<Agreement[]>("/agreements", { refetchInterval: 10_000 });
  if (waiting.state === "failed") return <Failure problem={waiting.problem} retry={waiting.retry} />;
  if (waiting.state !== "ready" || waiting.data.length === 0) return null;
  return (
    <section className="card stack" aria-label={t("analyst.second")}>
      <h2>{t("analyst.second")}</h2>
      <p className="muted small">{t("analyst.second_text")}</p>
      <ul className="stack">
        {waiting.data.map((one) => (
          <li key={one.ask}><OneAgreement one={one} call={calls.find((call) => call.id === one.incident)} /></li>
        ))}
      </ul>
    </section>
  );
}

function OneAgreement({ one, call }: { one: Agreement; call: Incident | undefined }) {
  const { t, i18n } = useTranslation();
  const now = useNow(10_000);
  const by = {
    name: one.asker, role: codeText(t, "role", one.role), ago: ago(one.asked_at, now, i18n.language),
    purpose: codeText(t, "purpose", one.purpose),
  };
  return (
    <div className="stack tight agreement">
      <p><strong>{call?.type_name ?? one.incident}</strong><br />
        {call && <span className="muted small">{call.block} · <span className="num once">{call.number}</span></span>}</p>
      <p className="small">{t("analyst.second_by", by)}</p>
      {one.agreed ? <p><span className="chip good">{t("analyst.agreed")}</span></p> : <Agree ask={one.ask} />}
    </div>
  );
}

function Agree({ ask }: { ask: string }) {
  const { t } = useTranslation();
  const client = useQueryClient();
  const [sure, setSure] = useState(false);
  const [busy, setBusy] = useState(false);
  const [problem, setProblem] = useState<Problem>();

  async function agree() {
    setBusy(true);
    const done = await api("POST", `/asks/${ask}/agree`);
    setBusy(false);
    setSure(false);
    setProblem(done.ok ? undefined : done.problem);
    await client.invalidateQueries({ queryKey: ["agreements"] });
  }

  return (
    <div className="row">
      {sure
        ? <>
          <Button size="small" look="primary" busy={busy} onClick={() => void agree()}>{t("analyst.agree_sure")}</Button>
          <Button size="small" look="quiet" onClick={() => setSure(false)}>{t("shell.cancel")}</Button>
        </>
        : <Button size="small" onClick={() => setSure(true)}>{t("analyst.agree")}</Button>}
      {problem && <Failure problem={problem} />}
    </div>
  );
}
