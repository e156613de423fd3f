import { Link } from "@tanstack/react-router";
import { useTranslation } from "react-i18next";
import { Show, useLoaded } from "../api/loaded";
import type { OrderRow } from "../api/types";
import { codeText } from "../app/codes";
import { day, dayAndTime } from "../app/format";
import { DRAWERS, ORDER_READERS, rolesOf, Seated } from "../app/session";
import { Empty } from "../design/empty";
import "../requests/requests.css";

export function OrdersPage() {
  return (
    <Seated roles={ORDER_READERS}>
      {(session) => <Orders mayDraw={rolesOf(session).some((role) => DRAWERS.includes(role))} />}
    </Seated>
  );
}

/** The agency's orders, newest first. */
function Orders({ mayDraw }: { mayDraw: boolean }) {
  const { t } = useTranslation();
  const found = useLoaded<OrderRow[]>("/orders", { refetchInterval: 30_000 });
  return (
    <main className="page" id="main">
      <header className="stack tight">
        <div className="row between">
          <h1>{t("orders.title")}</h1>
          {mayDraw && <Link className="btn primary" to="/orders/new">{t("orders.new")}</Link>}
        </div>
        <p className="lead">{t("orders.lead")}</p>
      </header>
      <Show of={found} lines={6}>
        {(orders) => orders.length === 0
          ? <Empty title={t("orders.none")}><p>{t("orders.none_text")}</p></Empty>
          : <ul className="stack">{orders.map((one) => <li key={one.id}><Row order={one} /></li>)}</ul>}
      </Show>
    </main>
  );
}

function Row({ order }: { order: OrderRow }) {
  const { t, i18n } = useTranslation();
  return (
    <article className="card request-row">
      <div className="stack tight">
        <h2><Link to="/orders/$order" params={{ order: order.id }}>{orderName(codeText(t, "order_kind", order.kind), order)}</Link></h2>
        <p className="small muted">{[order.court, t("orders.until", { day: day(order.expires_at, i18n.language) })].filter(Boolean).join(" · ")}</p>
        {order.review_by && <p className="note warn small">{t("orders.review_by", { day: dayAndTime(order.review_by, i18n.language) })}</p>}
      </div>
      <OrderState order={order} />
    </article>
  );
}

/** Its kind, and the court's number where it has one. */
export function orderName(kind: string, order: Pick<OrderRow, "docket">): string {
  return order.docket ? `${kind} · ${order.docket}` : kind;
}

export function OrderState({ order }: { order: Pick<OrderRow, "state"> }) {
  const { t } = useTranslation();
  const look = order.state === "executed" ? "good" : order.state === "drawn" || order.state === "reviewed" ? "accent" : "";
  return <span className={`chip ${look}`}>{codeText(t, "order_state", order.state)}</span>;
}
