import { useQueryClient } from "@tanstack/react-query";
import { useState, type FormEvent } from "react";
import { useTranslation } from "react-i18next";
import { api, type Problem } from "../api/client";
import type { Post } from "../api/types";
import { codeText } from "../app/codes";
import { Button } from "../design/button";
import { Failure } from "../design/failure";
import { CATEGORIES } from "./parts";

/** Correct one's own post; whoever was shown it is told. */
export function Correct({ post, onDone }: { post: Post; onDone: () => void }) {
  const { t } = useTranslation();
  const client = useQueryClient();
  const [busy, setBusy] = useState(false);
  const [problem, setProblem] = useState<Problem>();
  async function save(event: FormEvent<HTMLFormElement>) {
    event.preventDefault();
    const said = new FormData(event.currentTarget);
    setBusy(true);
    const done = await api("PATCH", `/neighbors/posts/${post.id}`, { text: String(said.get("text")), category: String(said.get("category")) });
    setBusy(false);
    setProblem(done.ok ? undefined : done.problem);
    if (!done.ok) return;
    await client.invalidateQueries({ queryKey: ["neighbors"] });
    onDone();
  }
  return (
    <form className="stack tight" onSubmit={(event) => void save(event)}>
      <div className="field">
        <label htmlFor="n-correct">{t("neighbors.text")}</label>
        <textarea className="input" id="n-correct" name="text" rows={5} required maxLength={2_000} defaultValue={post.text} dir="auto" />
        <p className="hint">{t("neighbors.correct_hint")}</p>
      </div>
      <div className="field">
        <label htmlFor="n-correct-category">{t("neighbors.category")}</label>
        <select className="input" id="n-correct-category" name="category" defaultValue={post.category}>
          {CATEGORIES.map((one) => <option key={one} value={one}>{codeText(t, "post_category", one)}</option>)}
        </select>
      </div>
      <div><Button type="submit" look="primary" busy={busy}>{t("neighbors.correct_do")}</Button></div>
      {problem && <Failure problem={problem} />}
    </form>
  );
}
