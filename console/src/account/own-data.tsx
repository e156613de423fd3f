import { useQueryClient } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { api, type Problem, type Result } from "../api/client";
import { Show, useLoaded } from "../api/loaded";
import type { OwnData as Own, PersonalExport } from "../api/types";
import { dayAndTime } from "../app/format";
import { Button } from "../design/button";
import { Failure } from "../design/failure";
import "./account.css";
import { ShowAgain } from "./fresh";

const RUNS = ["gathering", "waiting"];
const DAY_MS = 86_400_000;

/** All of one's own data with one press, and the way to the end of the account. */
export function OwnData() {
  const { t } = useTranslation();
  const found = useLoaded<Own>("/account/export", {
    refetchInterval: 2_000, isSettled: (own) => !own.export || !RUNS.includes(own.export.state),
  });
  return (
    <section className="card stack tight" aria-label={t("account.data_title")}>
      <h2>{t("account.data_title")}</h2>
      <p className="muted">{t("account.data_text")}</p>
      <Show of={found} lines={2}>{(own) => <Given own={own} />}</Show>
      <p><Link to="/account/delete">{t("account.delete_title")}</Link></p>
    </section>
  );
}

function Given({ own }: { own: Own }) {
  const { i18n } = useTranslation();
  const client = useQueryClient();
  const [busy, setBusy] = useState(false);
  const [problem, setProblem] = useState<Problem>();

  async function act(path: string, body?: unknown) {
    setBusy(true);
    const done: Result<unknown> = await api("POST", path, body);
    setBusy(false);
    setProblem(done.ok ? undefined : done.problem);
    await client.invalidateQueries({ queryKey: ["account"] });
  }

  const last = own.export;
  const cancel = () => void act(`/account/exports/${last?.id ?? ""}/cancel`);
  return (
    <>
      {last && RUNS.includes(last.state) && <Gathering row={last} busy={busy} onCancel={cancel} />}
      {last?.state === "ready" && <Ready row={last} isFresh={own.is_fresh} busy={busy} onDestroy={cancel} />}
      {(!last || !RUNS.includes(last.state)) && (
        <Ask last={last} busy={busy} onAsk={() => void act("/account/export", { language: i18n.language })} />
      )}
      {problem && <Failure problem={problem} />}
    </>
  );
}

function Gathering({ row, busy, onCancel }: { row: PersonalExport; busy: boolean; onCancel: () => void }) {
  const { t } = useTranslation();
  const said = row.state === "waiting" ? t("account.data_waiting") : t("account.data_gathering", { done: row.done, total: row.total });
  return (
    <div className="stack tight">
      <p role="status">{said}</p>
      <progress value={row.done} max={row.total} aria-label={t("account.data_progress")} />
      <div><Button size="small" busy={busy} onClick={onCancel}>{t("shell.cancel")}</Button></div>
    </div>
  );
}

interface ReadyProps { row: PersonalExport; isFresh: boolean; busy: boolean; onDestroy: () => void }

function Ready({ row, isFresh, busy, onDestroy }: ReadyProps) {
  const { t, i18n } = useTranslation();
  const size = new Intl.NumberFormat(i18n.language, { style: "unit", unit: "kilobyte", maximumFractionDigits: 0 });
  const until = row.ends_at ? dayAndTime(row.ends_at, i18n.language) : "";
  return (
    <div className="stack tight">
      <p role="status">{t("account.data_ready", { size: size.format(Math.ceil(row.size_bytes / 1_000)), until })}</p>
      {!isFresh && <ShowAgain />}
      <div className="row">
        {isFresh && <a className="btn small" href={`/api/account/exports/${row.id}/file`} download>{t("account.data_fetch")}</a>}
        <Button size="small" busy={busy} onClick={onDestroy}>{t("account.data_destroy")}</Button>
      </div>
    </div>
  );
}

/** The press; after one export the day it works again is said instead. */
function Ask({ last, busy, onAsk }: { last: PersonalExport | null; busy: boolean; onAsk: () => void }) {
  const { t, i18n } = useTranslation();
  const again = last && ["ready", "gone"].includes(last.state) ? new Date(last.asked_at).getTime() + DAY_MS : 0;
  if (again > Date.now()) {
    return <p className="muted small">{t("account.data_again", { when: dayAndTime(again, i18n.language) })}</p>;
  }
  return (
    <>
      {last?.state === "failed" && <p className="note bad">{t("account.data_failed")}</p>}
      <div><Button busy={busy} onClick={onAsk}>{t("account.data_ask")}</Button></div>
    </>
  );
}
