import { Link, useParams } from "@tanstack/react-router";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { Show, useLoaded } from "../api/loaded";
import type { ServedOrder } from "../api/types";
import { codeText } from "../app/codes";
import { dayAndTime } from "../app/format";
import { Seated } from "../app/session";
import { Button } from "../design/button";
import { HandedRow, HandOverForm } from "./order-hand-over";
import { Contest, HaveNothing } from "./order-say";
import "../orders/orders.css";
import "../requests/requests.css";
import "./home.css";

export function HomeOrderPage() {
  return <Seated roles={["owner"]}>{(session) => <Served person={session.person ?? ""} />}</Seated>;
}

function Served({ person }: { person: string }) {
  const { t } = useTranslation();
  const { serving = "" } = useParams({ strict: false });
  const found = useLoaded<ServedOrder>(`/home/orders/${serving}`, { refetchInterval: 15_000 });
  return (
    <main className="page" id="main">
      <p className="small"><Link to="/home/orders">← {t("orders.home_title")}</Link></p>
      <Show of={found} lines={8}>{(data) => <Sheet order={data} person={person} />}</Show>
    </main>
  );
}

/** What it is, what it asks exactly, whom to call, and what one can do: in this order, on one page. */
function Sheet({ order, person }: { order: ServedOrder; person: string }) {
  const { t } = useTranslation();
  return (
    <>
      <header className="stack tight">
        <h1>{t(order.state === "told" ? "orders.s_told_title" : "orders.s_title", { agency: order.agency_name })}</h1>
        <p className="lead">{t(order.state === "told" ? "orders.s_told_lead" : "orders.s_lead", { court: order.court || order.agency_name })}</p>
      </header>
      <Asked order={order} />
      <Rights order={order} />
      {order.handed.length > 0 && <ul className="stack">{order.handed.map((one) => <li key={one.id}><HandedRow handed={one} /></li>)}</ul>}
      {order.state === "contested" && <p className="note" role="status">{t("orders.s_contested")}</p>}
      {order.state === "nothing" && <p className="note" role="status">{t("orders.s_nothing")}</p>}
      {order.is_open && <Ways order={order} person={person} />}
      {!order.is_open && order.state === "asked" && <p className="note">{t("orders.s_over")}</p>}
    </>
  );
}

function Asked({ order }: { order: ServedOrder }) {
  const { t, i18n } = useTranslation();
  const when = (value: string) => dayAndTime(value, i18n.language);
  return (
    <section className="card stack" aria-label={t("orders.s_what")}>
      <h2>{t("orders.s_what")}</h2>
      <ul className="terms-list">
        <li>{codeText(t, "order_kind", order.kind)}. {codeText(t, "order_kind_owner", order.kind)}</li>
        {order.window_start && order.window_end && (
          <li><strong>{t("orders.s_camera", { camera: order.camera_name || order.camera, from: when(order.window_start), to: when(order.window_end) })}</strong></li>
        )}
        {order.window_start && <li>{t("orders.s_no_more")}</li>}
        {order.is_open && <li>{t("orders.s_until", { day: when(order.expires_at) })}</li>}
        {order.was_sealed && <li>{t("orders.s_sealed", { day: when(order.executed_at) })}</li>}
      </ul>
      <div className="stack tight">
        <p className="small muted">{t("orders.s_words", { agency: order.agency_name })}</p>
        <blockquote className="order-words" dir="auto">{order.words}</blockquote>
        {order.certificate && <blockquote className="order-words" dir="auto">{order.certificate}</blockquote>}
      </div>
      <dl className="facts">
        {order.court && <><dt>{t("orders.court")}</dt><dd>{order.court}</dd></>}
        {order.judge && <><dt>{t("orders.judge")}</dt><dd>{order.judge}</dd></>}
        {order.docket && <><dt>{t("orders.docket")}</dt><dd>{order.docket}</dd></>}
        <dt>{t("orders.issued")}</dt><dd>{when(order.issued_at)}</dd>
      </dl>
      {order.has_document && <p><a className="btn" href={`/api/home/orders/${order.id}/document`} download>{t("orders.document_open")}</a></p>}
    </section>
  );
}

function Rights({ order }: { order: ServedOrder }) {
  const { t } = useTranslation();
  return (
    <section className="card stack tight" aria-label={t("orders.s_rights")}>
      <h2>{t("orders.s_rights")}</h2>
      <p><a className="btn" href={`tel:${order.phone.replace(/[^+\d]/g, "")}`}>{t("orders.s_call", { phone: order.phone })}</a></p>
      <ul className="terms-list">
        <li>{t("orders.s_no_consent")}</li>
        {order.state !== "told" && <li>{t("orders.s_lawyer")}</li>}
        {order.state !== "told" && <li>{t("orders.s_box")}</li>}
      </ul>
    </section>
  );
}

type Way = "" | "hand" | "nothing" | "contest";

/** Three ways that weigh the same; none is chosen for anybody. */
function Ways({ order, person }: { order: ServedOrder; person: string }) {
  const { t } = useTranslation();
  const [way, setWay] = useState<Way>("");
  const leave = () => setWay("");
  if (way === "hand") return <HandOverForm order={order} person={person} onDone={leave} />;
  if (way === "nothing") return <HaveNothing order={order} onDone={leave} />;
  if (way === "contest") return <Contest order={order} onDone={leave} />;
  return (
    <section className="stack tight" aria-label={t("orders.s_ways")}>
      <h2>{t("orders.s_ways")}</h2>
      <div className="choice">
        <Button size="big" onClick={() => setWay("hand")}>{t("orders.s_hand")}</Button>
        <Button size="big" onClick={() => setWay("nothing")}>{t("orders.s_have_nothing")}</Button>
        <Button size="big" onClick={() => setWay("contest")}>{t("orders.s_contest")}</Button>
      </div>
    </section>
  );
}
