import { useQueryClient } from "@tanstack/react-query";
import { useState, type FormEvent } from "react";
import { useTranslation } from "react-i18next";
import { api, type Problem } from "../api/client";
import { useLoaded } from "../api/loaded";
import type { OwnFlag } from "../api/types";
import { dayAndTime } from "../app/format";
import { Button } from "../design/button";
import { Failure } from "../design/failure";

export function useFlags(camera: string): OwnFlag[] {
  const flags = useLoaded<OwnFlag[]>(`/home/cameras/${camera}/flags`);
  return flags.state === "ready" ? flags.data : [];
}

/** What we flagged by ourselves: one officer who looks unusually often. */
export function OftenFlags({ flags }: { flags: OwnFlag[] }) {
  const { t, i18n } = useTranslation();
  const often = flags.filter((flag) => flag.kind === "often");
  if (often.length === 0) return null;
  return (
    <ul className="stack tight">
      {often.map((flag) => (
        <li key={flag.at + flag.officer_number} className="note warn stack tight">
          <p>{t("home.flag_often", { count: flag.looks, officer: flag.officer_number })}</p>
          <p className="small num">{dayAndTime(flag.at, i18n.language)}</p>
          <Answer flag={flag} />
        </li>
      ))}
    </ul>
  );
}

/** The owner's own question about one look: asked once, then the auditor's answer. */
export function LookFlag({ look, flags }: { look: string; flags: OwnFlag[] }) {
  const { t } = useTranslation();
  const [open, setOpen] = useState(false);
  const raised = flags.find((flag) => flag.look === look);
  if (raised) {
    return (
      <div className="note stack tight">
        <p>{t("home.flag_by_you")}</p>
        {raised.said && <blockquote className="small">{raised.said}</blockquote>}
        <Answer flag={raised} />
      </div>
    );
  }
  if (open) return <FlagForm look={look} onDone={() => setOpen(false)} />;
  return <Button size="small" look="quiet" onClick={() => setOpen(true)}>{t("home.flag")}</Button>;
}

function Answer({ flag }: { flag: OwnFlag }) {
  const { t } = useTranslation();
  if (!flag.answer) return <p className="small">{t("home.flag_waits")}</p>;
  return (
    <div>
      <p className="small"><strong>{t("home.flag_answer")}</strong></p>
      <blockquote>{flag.answer}</blockquote>
    </div>
  );
}

function FlagForm({ look, onDone }: { look: string; onDone: () => void }) {
  const { t } = useTranslation();
  const client = useQueryClient();
  const [busy, setBusy] = useState(false);
  const [problem, setProblem] = useState<Problem>();

  async function send(event: FormEvent<HTMLFormElement>) {
    event.preventDefault();
    const said = String(new FormData(event.currentTarget).get("said") ?? "");
    setBusy(true);
    const done = await api("POST", `/home/looks/${look}/flag`, { said });
    setBusy(false);
    if (!done.ok) return setProblem(done.problem);
    await client.invalidateQueries({ queryKey: ["home"] });
    onDone();
  }

  return (
    <form className="stack tight" onSubmit={(event) => void send(event)}>
      <div className="field">
        <label htmlFor={`said-${look}`}>{t("home.flag_words")}</label>
        <textarea className="input" id={`said-${look}`} name="said" rows={3} maxLength={500} />
      </div>
      <div className="row">
        <Button type="submit" size="small" look="primary" busy={busy}>{t("home.flag_send")}</Button>
        <Button size="small" look="quiet" onClick={onDone}>{t("shell.cancel")}</Button>
      </div>
      {problem && <Failure problem={problem} />}
    </form>
  );
}
