import { useQueryClient } from "@tanstack/react-query";
import { useState, type FormEvent } from "react";
import { useTranslation } from "react-i18next";
import { api, type Problem, type Result } from "../api/client";
import { useLoaded } from "../api/loaded";
import type { Case, ItemDetail } from "../api/types";
import { Button } from "../design/button";
import { Failure } from "../design/failure";

/** The cases an item is in: the longest time that one of them keeps it wins. */
export function ItemCases({ item, mayChange }: { item: ItemDetail; mayChange: boolean }) {
  const { t } = useTranslation();
  const client = useQueryClient();
  const [problem, setProblem] = useState<Problem>();

  async function act(done: Promise<Result<unknown>>) {
    const answer = await done;
    setProblem(answer.ok ? undefined : answer.problem);
    await client.invalidateQueries();
  }

  if (item.cases.length === 0 && !mayChange) return null;
  return (
    <section className="card stack" aria-label={t("vault.cases")}>
      <h2>{t("vault.cases")}</h2>
      {item.cases.length > 0 && (
        <ul className="stack tight">
          {item.cases.map((one) => (
            <li key={one.id} className="row between">
              <span><strong>{one.number}</strong> {one.name}</span>
              {mayChange && (
                <Button size="small" look="quiet" aria-label={t("vault.case_remove_which", { number: one.number })}
                  onClick={() => void act(api("DELETE", `/cases/${one.id}/items/${item.id}`))}>{t("vault.case_remove")}</Button>
              )}
            </li>
          ))}
        </ul>
      )}
      {mayChange && <Add item={item} onAdd={(found) => void act(api("PUT", `/cases/${found}/items/${item.id}`))} />}
      {problem && <Failure problem={problem} />}
    </section>
  );
}

function Add({ item, onAdd }: { item: ItemDetail; onAdd: (found: string) => void }) {
  const { t } = useTranslation();
  const cases = useLoaded<Case[]>("/cases");
  if (cases.state !== "ready") return null;
  const others = cases.data.filter((one) => !item.cases.some((known) => known.id === one.id));
  if (others.length === 0) return item.cases.length === 0 ? <p className="muted">{t("vault.no_case")}</p> : null;

  function add(event: FormEvent<HTMLFormElement>) {
    event.preventDefault();
    onAdd(String(new FormData(event.currentTarget).get("case")));
    event.currentTarget.reset();
  }

  return (
    <form className="field" onSubmit={add}>
      <label htmlFor="i-case">{t("vault.add_to_case")}</label>
      <div className="row once">
        <select className="input" id="i-case" name="case" required defaultValue="">
          <option value="">{t("vault.pick")}</option>
          {others.map((one) => <option key={one.id} value={one.id}>{one.number} {one.name}</option>)}
        </select>
        <Button type="submit">{t("vault.add")}</Button>
      </div>
    </form>
  );
}
