import { useQueryClient } from "@tanstack/react-query";
import { useRef, useState } from "react";
import { useTranslation } from "react-i18next";
import { api, type Problem } from "../api/client";
import type { CourtOrder, Role } from "../api/types";
import { DRAWERS } from "../app/session";
import { Button } from "../design/button";
import { Failure } from "../design/failure";
import { TwoTaps } from "../design/two-taps";
import { useFreshFactor } from "../door/fresh";

interface Props { order: CourtOrder; roles: Role[]; person: string }

/** What this person may do with it now; the server decides, here only what cannot be is left out. */
export function OrderActs({ order, roles, person }: Props) {
  const { t } = useTranslation();
  const mayDraw = roles.some((role) => DRAWERS.includes(role));
  const isExigent = order.kind === "exigent";
  const waits = isExigent ? order.review_by !== null : order.state === "drawn";
  const hasSaid = order.made_by === person || order.reviews.some((one) => one.person === person);
  const mayReview = waits && !hasSaid && (mayDraw || (isExigent && roles.includes("auditor")));
  const mayExecute = roles.includes("supervisor") && order.state === (isExigent ? "drawn" : "reviewed");
  const isOpen = order.state === "drawn" || order.state === "reviewed";
  return (
    <>
      {waits && !mayReview && mayDraw && <p className="note">{t("orders.own")}</p>}
      {mayReview && <Review order={order} />}
      {mayExecute && <Execute order={order} />}
      {mayDraw && isOpen && (
        <div className="row"><TwoTaps ask={t("orders.withdraw")} sure={t("orders.withdraw_sure")} act={() => api("POST", `/orders/${order.id}/withdraw`, { why: "" })} /></div>
      )}
    </>
  );
}

function Review({ order }: { order: CourtOrder }) {
  const { t } = useTranslation();
  const why = useRef<HTMLTextAreaElement>(null);
  const { act, busy, problem, proof } = useAct(order);
  const say = (agrees: boolean) => void act(agrees ? "yes" : "no", "review", { agrees, why: why.current?.value ?? "" });
  return (
    <section className="card stack" aria-label={t("orders.review")}>
      <h2>{t("orders.review")}</h2>
      <p>{t(order.kind === "exigent" ? "orders.review_exigent" : "orders.review_text", { count: order.reviews.length })}</p>
      <div className="field"><label htmlFor="v-why">{t("orders.review_why")}</label>
        <textarea className="input" id="v-why" ref={why} rows={2} maxLength={2000} /></div>
      {problem && <Failure problem={problem} />}
      <div className="row">
        <Button look="primary" busy={busy === "yes"} onClick={() => say(true)}>{t("orders.agree")}</Button>
        <Button busy={busy === "no"} onClick={() => say(false)}>{t(order.kind === "exigent" ? "orders.disagree" : "orders.refuse")}</Button>
      </div>
      <p className="small muted">{t("orders.factor")}</p>
      {proof}
    </section>
  );
}

function Execute({ order }: { order: CourtOrder }) {
  const { t } = useTranslation();
  const { act, busy, problem, proof } = useAct(order);
  return (
    <section className="card stack" aria-label={t("orders.execute")}>
      <h2>{t("orders.execute")}</h2>
      <p>{t("orders.execute_text")}</p>
      {!order.is_logged && <p className="note" role="status">{t("orders.not_logged")}</p>}
      {problem && <Failure problem={problem} />}
      <div><Button look="primary" busy={busy !== ""} disabled={!order.is_logged} onClick={() => void act("execute", "execute", {})}>{t("orders.execute_now")}</Button></div>
      <p className="small muted">{t("orders.factor")}</p>
      {proof}
    </section>
  );
}

/** One act on the order, with a second factor of this quarter of an hour; what is shown is fetched again. */
function useAct(order: CourtOrder) {
  const client = useQueryClient();
  const [busy, setBusy] = useState("");
  const [problem, setProblem] = useState<Problem>();
  const { withFactor, form } = useFreshFactor();
  async function act(name: string, path: string, body: Record<string, unknown>) {
    setBusy(name);
    const done = await withFactor(() => api("POST", `/orders/${order.id}/${path}`, body));
    setBusy("");
    setProblem(done.ok ? undefined : done.problem);
    if (done.ok) await client.invalidateQueries({ queryKey: ["orders"] });
  }
  return { act, busy, problem, proof: form };
}
