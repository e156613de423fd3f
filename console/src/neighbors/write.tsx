import { useQueryClient } from "@tanstack/react-query";
import { Link, useNavigate } from "@tanstack/react-router";
import { useState, type FormEvent } from "react";
import { useTranslation } from "react-i18next";
import { api, type Problem } from "../api/client";
import { Show, useLoaded } from "../api/loaded";
import type { Neighbor, PostCategory } from "../api/types";
import { codeText } from "../app/codes";
import { Seated } from "../app/session";
import { Button } from "../design/button";
import { Failure } from "../design/failure";
import "../home/home.css";
import { Join } from "./join";
import "./neighbors.css";
import { CATEGORIES } from "./parts";
import { PictureField } from "./picture-field";

const URGENT: readonly PostCategory[] = ["crime", "safety", "hazard"];

export function WritePage() {
  return <Seated roles={["owner"]}>{() => <Write />}</Seated>;
}

function Write() {
  const { t } = useTranslation();
  const me = useLoaded<Neighbor>("/neighbors/me");
  return (
    <main className="page" id="main">
      <p><Link to="/neighbors">← {t("neighbors.back_feed")}</Link></p>
      <header className="stack tight"><h1>{t("neighbors.write_title")}</h1><p className="lead">{t("neighbors.police_read")}</p></header>
      <Show of={me} lines={6}>{(data) => data.joined ? <Form me={data} /> : <Join me={data} />}</Show>
    </main>
  );
}

function Form({ me }: { me: Neighbor }) {
  const { t } = useTranslation();
  const client = useQueryClient();
  const navigate = useNavigate();
  const [category, setCategory] = useState<PostCategory>();
  const [pictures, setPictures] = useState<string[]>([]);
  const [busy, setBusy] = useState(false);
  const [problem, setProblem] = useState<Problem>();
  const mayWake = category !== undefined && URGENT.includes(category);

  async function post(event: FormEvent<HTMLFormElement>) {
    event.preventDefault();
    const said = new FormData(event.currentTarget);
    setBusy(true);
    const made = await api<{ id: string }>("POST", "/neighbors/posts", {
      category, text: String(said.get("text")), cell: String(said.get("cell")), pictures,
      is_urgent: mayWake && said.get("is_urgent") === "on", to_agency: said.get("to_agency") === "on",
    });
    setBusy(false);
    setProblem(made.ok ? undefined : made.problem);
    if (!made.ok) return;
    await client.invalidateQueries({ queryKey: ["neighbors"] });
    await navigate({ to: "/neighbors/posts/$post", params: { post: made.data.id } });
  }

  return (
    <form className="stack" onChange={() => setProblem(undefined)} onSubmit={(event) => void post(event)}>
      {me.is_new && <p className="note">{t("neighbors.new_lead")}</p>}
      <fieldset className="card field">
        <legend className="vh">{t("neighbors.category")}</legend>
        <span className="label" aria-hidden="true">{t("neighbors.category")}</span>
        {CATEGORIES.map((one) => (
          <label key={one} className="check">
            <input type="radio" name="category" value={one} required checked={category === one} onChange={() => setCategory(one)} />
            <span>{codeText(t, "post_category", one)}</span>
          </label>
        ))}
      </fieldset>
      <div className="card stack">
        <div className="field">
          <label htmlFor="n-text">{t("neighbors.text")}</label>
          <textarea className="input" id="n-text" name="text" rows={5} required maxLength={2_000} dir="auto" aria-describedby="n-text-hint" />
          <p className="hint" id="n-text-hint">{t("neighbors.text_hint")} <Link to="/neighbors/guidelines">{t("neighbors.guidelines")}</Link></p>
        </div>
        <div className="field">
          <label htmlFor="n-cell">{t("neighbors.where")}</label>
          <select className="input" id="n-cell" name="cell">
            {me.choices.map((cell, at) => <option key={cell} value={cell}>{t(widthWord(at, me.choices.length))}</option>)}
          </select>
        </div>
      </div>
      <PictureField pictures={pictures} onChange={setPictures} mayVideo={!me.is_new} />
      <div className="card stack tight">
        {mayWake && (
          <label className="check">
            <input type="checkbox" name="is_urgent" />
            <span>{t("neighbors.urgent_do")}<br /><span className="muted small">{t("neighbors.urgent_hint")}</span></span>
          </label>
        )}
        <label className="check">
          <input type="checkbox" name="to_agency" />
          <span>{t("neighbors.to_agency")}<br /><span className="muted small">{t("neighbors.to_agency_hint")}</span></span>
        </label>
      </div>
      <Button type="submit" look="primary" size="big" busy={busy}>{t("neighbors.post_do")}</Button>
      {problem && <Failure problem={problem} />}
    </form>
  );
}

/** How wide the choice is: the first is one's own quarter, the last always the widest. */
function widthWord(at: number, count: number): "neighbors.where_0" | "neighbors.where_1" | "neighbors.where_2" | "neighbors.where_3" {
  if (at === 0) return "neighbors.where_0";
  if (at === count - 1) return "neighbors.where_3";
  return at === 1 && count > 3 ? "neighbors.where_1" : "neighbors.where_2";
}
