import { useQueryClient } from "@tanstack/react-query";
import { useState, type FormEvent } from "react";
import { useTranslation } from "react-i18next";
import { api, type Problem } from "../api/client";
import type { ItemDetail } from "../api/types";
import { dayAndTime } from "../app/format";
import { Button } from "../design/button";
import { Failure } from "../design/failure";

/** What people wrote beside an item; a note is never changed, only followed by another. */
export function Notes({ item, mayWrite }: { item: ItemDetail; mayWrite: boolean }) {
  const { t, i18n } = useTranslation();
  const client = useQueryClient();
  const [problem, setProblem] = useState<Problem>();

  async function write(event: FormEvent<HTMLFormElement>) {
    event.preventDefault();
    const form = event.currentTarget;
    const done = await api("POST", `/items/${item.id}/notes`, { text: String(new FormData(form).get("text")).trim() });
    setProblem(done.ok ? undefined : done.problem);
    if (done.ok) form.reset();
    await client.invalidateQueries({ queryKey: ["items"] });
  }

  if (item.notes.length === 0 && !mayWrite) return null;
  return (
    <section className="card stack" aria-label={t("vault.notes")}>
      <h2>{t("vault.notes")}</h2>
      {item.notes.map((note) => (
        <div key={note.at} className="stack tight">
          <p className="small muted">{note.person} · <span className="num">{dayAndTime(note.at, i18n.language)}</span></p>
          <blockquote>{note.text}</blockquote>
        </div>
      ))}
      {mayWrite && (
        <form className="stack tight" onSubmit={(event) => void write(event)}>
          <div className="field"><label htmlFor="n-text">{t("vault.note")}</label>
            <textarea className="input" id="n-text" name="text" required maxLength={2000} /></div>
          <div><Button type="submit">{t("vault.note_add")}</Button></div>
          {problem && <Failure problem={problem} />}
        </form>
      )}
    </section>
  );
}
