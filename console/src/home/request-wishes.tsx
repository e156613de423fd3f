import { useState } from "react";
import { useTranslation } from "react-i18next";
import { api, type Problem } from "../api/client";
import { Show, useLoaded } from "../api/loaded";
import type { RequestWishes } from "../api/types";
import { Button } from "../design/button";
import { Failure } from "../design/failure";

export function RequestWishesForm() {
  const { t } = useTranslation();
  const wishes = useLoaded<RequestWishes>("/home/request-wishes");
  return (
    <section className="card stack" aria-labelledby="wishes">
      <h2 id="wishes">{t("requests.wishes_title")}</h2>
      <p className="muted small">{t("requests.wishes_lead")}</p>
      <Show of={wishes} lines={2}>{(found) => <Form wishes={found} />}</Show>
    </section>
  );
}

function Form({ wishes }: { wishes: RequestWishes }) {
  const { t } = useTranslation();
  const [said, setSaid] = useState({ opted_out: wishes.opted_out ?? false, most_per_week: wishes.most_per_week ?? 3 });
  const [state, setState] = useState<"" | "busy" | "saved">("");
  const [problem, setProblem] = useState<Problem>();

  async function save() {
    setState("busy");
    const done = await api("PUT", "/home/request-wishes", said);
    setState(done.ok ? "saved" : "");
    setProblem(done.ok ? undefined : done.problem);
  }

  const change = (part: Partial<typeof said>) => {
    setState("");
    setSaid({ ...said, ...part });
  };
  return (
    <form className="stack" onSubmit={(event) => { event.preventDefault(); void save(); }}>
      <fieldset><legend className="vh">{t("requests.wishes_title")}</legend>
        <label className="check"><input type="radio" name="asked" checked={!said.opted_out} onChange={() => change({ opted_out: false })} /><span>{t("requests.wish_ask")}</span></label>
        <label className="check"><input type="radio" name="asked" checked={said.opted_out} onChange={() => change({ opted_out: true })} /><span>{t("requests.wish_never")}</span></label>
      </fieldset>
      {!said.opted_out && (
        <div className="field"><label htmlFor="w-most">{t("requests.wish_most")}</label>
          <select className="input" id="w-most" value={said.most_per_week} onChange={(event) => change({ most_per_week: Number(event.target.value) })}>
            {[1, 2, 3].map((count) => <option key={count} value={count}>{count}</option>)}
          </select></div>
      )}
      <p className="muted small">{t("requests.wish_quiet")}</p>
      {problem && <Failure problem={problem} />}
      <div className="row">
        <Button type="submit" busy={state === "busy"}>{t("requests.wish_save")}</Button>
        <span role="status">{state === "saved" ? t("requests.wish_saved") : ""}</span>
      </div>
    </form>
  );
}
