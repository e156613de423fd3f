import { useQueryClient } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { useState, type ReactNode } from "react";
import { useTranslation } from "react-i18next";
import { api, type Problem } from "../api/client";
import type { ManagedProgramme } from "../api/types";
import { codeText } from "../app/codes";
import { ago, day, useNow } from "../app/format";
import { Button } from "../design/button";
import { Dialog } from "../design/dialog";
import { Failure } from "../design/failure";

/** State, end and caps of one programme, and the steps that lead on. */
export function ProgrammeCard({ programme, children }: { programme: ManagedProgramme; children?: ReactNode }) {
  const { t, i18n } = useTranslation();
  const now = useNow(60_000);
  return (
    <article className="card stack">
      <header className="row between">
        <h2><Link to="/public/programmes/$programme" params={{ programme: programme.id }}>{programme.name}</Link></h2>
        <span className={`chip ${programme.state === "active" ? "good" : "warn"}`}>{codeText(t, "programme_state", programme.state)}</span>
      </header>
      {programme.ends_at && (
        <p className="muted">{t("office.ends", { day: day(programme.ends_at, i18n.language), ago: ago(programme.ends_at, now, i18n.language) })}</p>
      )}
      <dl className="figures">
        <Cap name={t("office.city")} used={programme.city_cameras_used} cap={programme.city_camera_cap} />
        <Cap name={t("office.homes")} used={programme.private_cameras_used} cap={programme.private_camera_cap} />
      </dl>
      <Steps programme={programme}>{children}</Steps>
    </article>
  );
}

function Cap({ name, used, cap }: { name: string; used: number; cap: number }) {
  const { t } = useTranslation();
  const share = cap > 0 ? Math.min(1, used / cap) : 0;
  return (
    <div className="cap">
      <dt>{name}<span className="bar" aria-hidden="true"><i style={{ width: `${share * 100}%` }} /></span></dt>
      <dd className="num">{t("office.of", { used, cap })}</dd>
    </div>
  );
}

function Steps({ programme, children }: { programme: ManagedProgramme; children?: ReactNode }) {
  const { t } = useTranslation();
  const client = useQueryClient();
  const [asked, setAsked] = useState<string>();
  const [busy, setBusy] = useState(false);
  const [problem, setProblem] = useState<Problem>();

  async function move(state: string) {
    setBusy(true);
    const done = await api("POST", `/agency/programmes/${programme.id}/state`, { state });
    setBusy(false);
    setAsked(undefined);
    setProblem(done.ok ? undefined : done.problem);
    await client.invalidateQueries();
  }

  return (
    <footer className="row">
      {children}
      {programme.next_states.map((state) => (
        <Button key={state} size="small" onClick={() => setAsked(state)}>
          {t("office.to_state", { state: codeText(t, "programme_state", state) })}
        </Button>
      ))}
      {problem && <Failure problem={problem} />}
      {asked && (
        <Dialog title={t("office.to_state", { state: codeText(t, "programme_state", asked) })} onClose={() => setAsked(undefined)}>
          <p>{t(asked === "ended" || asked === "suspended" ? "office.sure_end" : "office.sure")}</p>
          <Button look={asked === "ended" || asked === "suspended" ? "live" : "primary"} busy={busy} onClick={() => void move(asked)}>
            {t("office.do_it")}
          </Button>
        </Dialog>
      )}
    </footer>
  );
}
