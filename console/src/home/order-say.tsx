import { useQueryClient } from "@tanstack/react-query";
import { useState, type FormEvent } from "react";
import { useTranslation } from "react-i18next";
import { api, type Problem } from "../api/client";
import type { ServedOrder } from "../api/types";
import { Button } from "../design/button";
import { Failure } from "../design/failure";

interface Props { order: ServedOrder; onDone: () => void }

export function HaveNothing({ order, onDone }: Props) {
  const { t } = useTranslation();
  const { say, busy, problem } = useSay(order, onDone);
  return (
    <section className="card stack">
      <h2>{t("orders.s_have_nothing")}</h2>
      <p>{t("orders.s_nothing_text")}</p>
      {problem && <Failure problem={problem} />}
      <div className="row">
        <Button look="primary" busy={busy} onClick={() => void say("nothing", "")}>{t("orders.s_nothing_say")}</Button>
        <Button look="quiet" onClick={onDone}>{t("shell.cancel")}</Button>
      </div>
    </section>
  );
}

export function Contest({ order, onDone }: Props) {
  const { t } = useTranslation();
  const { say, busy, problem } = useSay(order, onDone);
  const send = (event: FormEvent<HTMLFormElement>) => {
    event.preventDefault();
    void say("contested", String(new FormData(event.currentTarget).get("said") ?? ""));
  };
  return (
    <form className="card stack" onSubmit={send}>
      <h2>{t("orders.s_contest")}</h2>
      <p>{t("orders.s_contest_text")}</p>
      <div className="field"><label htmlFor="c-said">{t("orders.s_contest_why")}</label>
        <textarea className="input" id="c-said" name="said" required rows={4} maxLength={2000} /></div>
      {problem && <Failure problem={problem} />}
      <div className="row">
        <Button type="submit" look="primary" busy={busy}>{t("orders.s_contest_say")}</Button>
        <Button look="quiet" onClick={onDone}>{t("shell.cancel")}</Button>
      </div>
    </form>
  );
}

function useSay(order: ServedOrder, onDone: () => void) {
  const client = useQueryClient();
  const [busy, setBusy] = useState(false);
  const [problem, setProblem] = useState<Problem>();
  async function say(word: string, said: string) {
    setBusy(true);
    const done = await api("POST", `/home/orders/${order.id}/say`, { word, said });
    setBusy(false);
    if (!done.ok) return setProblem(done.problem);
    await client.invalidateQueries({ queryKey: ["home"] });
    onDone();
  }
  return { say, busy, problem };
}
