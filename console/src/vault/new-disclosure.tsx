import { useQueryClient } from "@tanstack/react-query";
import { useState, type FormEvent } from "react";
import { useTranslation } from "react-i18next";
import { api, type Problem } from "../api/client";
import type { DisclosureMade } from "../api/types";
import { codeText } from "../app/codes";
import { day } from "../app/format";
import { Button } from "../design/button";
import { Copyable } from "../design/copyable";
import { Dialog } from "../design/dialog";
import { Failure } from "../design/failure";

const RECIPIENTS = ["defence", "prosecution", "court", "other"] as const;

/** Make one recipient's link; it and the pass-phrase are shown this one time. */
export function NewDisclosure({ items, onClose }: { items: string[]; onClose: () => void }) {
  const { t } = useTranslation();
  const client = useQueryClient();
  const [made, setMade] = useState<DisclosureMade>();
  const [kind, setKind] = useState<string>("defence");
  const [problem, setProblem] = useState<Problem>();

  async function make(event: FormEvent<HTMLFormElement>) {
    event.preventDefault();
    const said = new FormData(event.currentTarget);
    const answer = await api<DisclosureMade>("POST", "/disclosures", {
      items, recipient: said.get("recipient"), recipient_kind: kind, days: Number(said.get("days")), with_original: said.get("original") === "on",
    });
    await client.invalidateQueries();
    if (answer.ok) setMade(answer.data);
    else setProblem(answer.problem);
  }

  if (made) return <Dialog title={t("vault.disclosed_title")} onClose={onClose}><Link made={made} /></Dialog>;
  return (
    <Dialog title={t("vault.disclose_title", { count: items.length })} onClose={onClose}>
      <form className="stack" onSubmit={(event) => void make(event)}>
        <div className="field"><label htmlFor="d-name">{t("vault.recipient")}</label>
          <input className="input" id="d-name" name="recipient" required maxLength={120} /><p className="hint">{t("vault.recipient_hint")}</p></div>
        <div className="field"><label htmlFor="d-kind">{t("vault.recipient_kind")}</label>
          <select className="input" id="d-kind" value={kind} onChange={(event) => setKind(event.target.value)}>
            {RECIPIENTS.map((one) => <option key={one} value={one}>{codeText(t, "recipient", one)}</option>)}
          </select></div>
        <div className="field"><label htmlFor="d-days">{t("vault.days")}</label>
          <input className="input" id="d-days" name="days" type="number" min={1} max={365} defaultValue={30} required /></div>
        {kind === "other"
          ? (
            <div className="stack tight">
              <label className="check"><input type="checkbox" name="original" />{t("vault.with_original")}</label>
              <p className="muted small">{t("vault.sound_rights")}</p>
            </div>
          )
          : <p className="muted small">{t("vault.equal_rights")}</p>}
        <div><Button type="submit" look="primary">{t("vault.disclose_do")}</Button></div>
        {problem && <Failure problem={problem} />}
      </form>
    </Dialog>
  );
}

function Link({ made }: { made: DisclosureMade }) {
  const { t, i18n } = useTranslation();
  return (
    <div className="stack">
      <p>{t("vault.link_text", { day: day(made.expires_at, i18n.language) })}</p>
      <div className="field"><span className="label">{t("vault.link")}</span>
        <Copyable text={`${location.origin}/disclosed#${made.secret}`} label={t("vault.link")} /></div>
      <div className="field"><span className="label">{t("vault.passphrase")}</span>
        <Copyable text={made.passphrase} label={t("vault.passphrase")} /></div>
      <p className="note warn">{t("vault.link_once")}</p>
    </div>
  );
}
