import { useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { api, type Problem, type Result } from "../api/client";
import { useLoaded } from "../api/loaded";
import type { Case, Role } from "../api/types";
import { WATCHERS } from "../app/session";
import { Button } from "../design/button";
import { Failure } from "../design/failure";
import { NewDisclosure } from "./new-disclosure";

interface Props { items: string[]; roles: Role[]; onDone: () => void }

/** One act on all that is chosen: on every item or on none. */
export function Bulk({ items, roles, onDone }: Props) {
  const { t } = useTranslation();
  const client = useQueryClient();
  const cases = useLoaded<Case[]>("/cases");
  const [chosen, setChosen] = useState("");
  const [why, setWhy] = useState("");
  const [note, setNote] = useState("");
  const [disclosing, setDisclosing] = useState(false);
  const [problem, setProblem] = useState<Problem>();

  async function act(done: Promise<Result<unknown>>) {
    const answer = await done;
    await client.invalidateQueries();
    setProblem(answer.ok ? undefined : answer.problem);
    if (answer.ok) onDone();
  }

  const isWatcher = roles.some((role) => WATCHERS.includes(role));
  return (
    <section className="card stack bulk" aria-label={t("vault.bulk")}>
      <div className="row between">
        <strong role="status">{t("vault.chosen", { count: items.length })}</strong>
        <Button size="small" look="quiet" onClick={onDone}>{t("vault.choose_none")}</Button>
      </div>
      <div className="bulk-acts">
        {isWatcher && cases.state === "ready" && cases.data.length > 0 && (
          <div className="field"><label htmlFor="b-case">{t("vault.add_to_case")}</label>
            <div className="row once">
              <select className="input" id="b-case" value={chosen} onChange={(event) => setChosen(event.target.value)}>
                <option value="">{t("vault.pick")}</option>
                {cases.data.map((one) => <option key={one.id} value={one.id}>{one.number} {one.name}</option>)}
              </select>
              <Button disabled={!chosen} onClick={() => void act(api("POST", "/bulk/items", { items, act: "add_to_case", case: chosen }))}>{t("vault.add")}</Button>
            </div></div>
        )}
        {isWatcher && (
          <div className="field"><label htmlFor="b-note">{t("vault.note_many")}</label>
            <div className="row once">
              <input className="input" id="b-note" value={note} maxLength={400} onChange={(event) => setNote(event.target.value)} />
              <Button disabled={!note.trim()} onClick={() => void act(api("POST", "/bulk/items", { items, act: "note", why: note.trim() }))}>{t("vault.note_add")}</Button>
            </div></div>
        )}
        {roles.some((role) => role === "supervisor" || role === "auditor") && (
          <div className="field"><label htmlFor="b-why">{t("vault.hold_why")}</label>
            <div className="row once">
              <input className="input" id="b-why" value={why} maxLength={400} onChange={(event) => setWhy(event.target.value)} />
              <Button disabled={!why.trim()} onClick={() => void act(api("POST", "/bulk/holds", { items, why }))}>{t("vault.hold")}</Button>
            </div></div>
        )}
        {roles.includes("supervisor") && (
          <div className="field end"><Button look="primary" onClick={() => setDisclosing(true)}>{t("vault.disclose")}</Button></div>
        )}
      </div>
      {problem && <Failure problem={problem} />}
      {disclosing && <NewDisclosure items={items} onClose={() => setDisclosing(false)} />}
    </section>
  );
}
