import { useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { api } from "../api/client";
import { Button } from "../design/button";
import { Skeleton } from "../design/skeleton";
import { KINDS, wordsOf } from "./kinds";

/** Stop e-mails by the word of one of them. It stands behind #, so that no server writes it down. */
export function Unsubscribe() {
  const { t } = useTranslation();
  const [code] = useState(() => location.hash.slice(1));
  const letter = useQuery({ queryKey: ["letter", code], queryFn: () => api<{ kind: string }>("POST", "/notices/letter", { code }) });
  return (
    <main className="page" id="main">
      <header className="stack tight"><h1>{t("notices.stop_title")}</h1><p className="lead">{t("notices.stop_text")}</p></header>
      {!letter.data ? <Skeleton lines={3} /> : letter.data.ok
        ? <Stop code={code} kind={letter.data.data.kind} />
        : (
          <div className="stack" role="alert">
            <p className="note warn">{t("notices.stop_unknown")}</p>
            <p><Link to="/notices">{t("notices.title")}</Link></p>
          </div>
        )}
    </main>
  );
}

function Stop({ code, kind }: { code: string; kind: string }) {
  const { t, i18n } = useTranslation();
  const [state, setState] = useState<"asks" | "done" | "failed">("asks");
  const known = KINDS[kind];

  async function stop(of_kind_only: boolean) {
    const done = await api("POST", "/notices/stop", { code, of_kind_only });
    setState(done.ok ? "done" : "failed");
  }

  if (state === "done") return <p className="note good" role="status">{t("notices.stop_done")}</p>;
  return (
    <div className="stack">
      {known && (
        <Button onClick={() => void stop(true)}>{t("notices.stop_kind", { kind: wordsOf(known, i18n.language).title })}</Button>
      )}
      <Button look="primary" onClick={() => void stop(false)}>{t("notices.stop_all")}</Button>
      {state === "failed" && <p className="note bad" role="alert">{t("notices.stop_failed")}</p>}
    </div>
  );
}
