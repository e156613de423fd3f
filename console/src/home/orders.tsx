import { Link } from "@tanstack/react-router";
import { useTranslation } from "react-i18next";
import { Show, useLoaded } from "../api/loaded";
import type { ServedOrder } from "../api/types";
import { codeText } from "../app/codes";
import { dayAndTime } from "../app/format";
import { Seated } from "../app/session";
import { Empty } from "../design/empty";
import "../requests/requests.css";
import "./home.css";

export function HomeOrdersPage() {
  return <Seated roles={["owner"]}>{() => <Served />}</Seated>;
}

/** Orders that concern this home. */
function Served() {
  const { t } = useTranslation();
  const found = useLoaded<ServedOrder[]>("/home/orders");
  return (
    <main className="page" id="main">
      <p className="small"><Link to="/home">← {t("home.title")}</Link></p>
      <h1>{t("orders.home_title")}</h1>
      <Show of={found} lines={4}>
        {(orders) => orders.length === 0
          ? <Empty title={t("orders.home_none")}><p>{t("orders.home_none_text")}</p></Empty>
          : <ul className="stack">{orders.map((one) => <li key={one.id}><Row order={one} /></li>)}</ul>}
      </Show>
    </main>
  );
}

function Row({ order }: { order: ServedOrder }) {
  const { t, i18n } = useTranslation();
  return (
    <article className="card request-row">
      <div className="stack tight">
        <h2><Link to="/home/orders/$serving" params={{ serving: order.id }}>{codeText(t, "order_kind", order.kind)} · {order.agency_name}</Link></h2>
        {order.is_open && <p className="small muted">{t("orders.home_by", { day: dayAndTime(order.expires_at, i18n.language) })}</p>}
      </div>
      <span className={`chip ${order.is_open && order.state === "asked" ? "accent" : ""}`}>{codeText(t, "order_serving", order.state)}</span>
    </article>
  );
}

/** On the first page: only when an order waits for an answer, or is new to who lives here. */
export function OrdersLink() {
  const { t } = useTranslation();
  const found = useLoaded<ServedOrder[]>("/home/orders", { refetchInterval: 60_000 });
  if (found.state !== "ready" || found.data.length === 0) return null;
  const waiting = found.data.filter((one) => one.is_open && one.state === "asked").length;
  if (waiting === 0) return <p><Link to="/home/orders">{t("orders.home_title")}</Link></p>;
  return (
    <p className="card row between">
      <Link to="/home/orders"><strong>{t("orders.home_waiting", { count: waiting })}</strong></Link>
      <span className="muted small">{t("orders.home_waiting_text")}</span>
    </p>
  );
}
