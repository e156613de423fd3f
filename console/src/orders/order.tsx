import { Link, useParams } from "@tanstack/react-router";
import { Fragment } from "react";
import { useTranslation } from "react-i18next";
import { Show, useLoaded } from "../api/loaded";
import type { CourtOrder, Role, Session } from "../api/types";
import { codeText } from "../app/codes";
import { day, dayAndTime } from "../app/format";
import { DRAWERS, ORDER_READERS, rolesOf, Seated } from "../app/session";
import { OrderActs } from "./acts";
import { OrderHistory } from "./history";
import { Identities } from "./identities";
import { OrderLines } from "./lines";
import { orderName, OrderState } from "./list";
import { PutDocument } from "./put-document";
import "./orders.css";

export function OrderPage() {
  return <Seated roles={ORDER_READERS}>{(session) => <Loading session={session} />}</Seated>;
}

function Loading({ session }: { session: Session }) {
  const { t } = useTranslation();
  const { order = "" } = useParams({ strict: false });
  const found = useLoaded<CourtOrder>(`/orders/${order}`, { refetchInterval: 15_000 });
  return (
    <main className="page wide" id="main">
      <p className="small"><Link to="/orders">← {t("orders.title")}</Link></p>
      <Show of={found} lines={8}>{(one) => <One order={one} roles={rolesOf(session)} person={session.person ?? ""} />}</Show>
    </main>
  );
}

/** What it says, what one may do with it now, what it found, and all that was done. */
function One({ order, roles, person }: { order: CourtOrder; roles: Role[]; person: string }) {
  const { t } = useTranslation();
  const mayDraw = roles.some((role) => DRAWERS.includes(role));
  const isOpen = order.state === "drawn" || order.state === "reviewed";
  return (
    <>
      <header className="row between">
        <h1>{orderName(codeText(t, "order_kind", order.kind), order)}</h1>
        <OrderState order={order} />
      </header>
      <div className="order-columns">
        <div className="stack">
          <Facts order={order} />
          <OrderLines order={order} />
          {mayDraw && isOpen && !order.frozen_at && <PutDocument order={order} />}
          <OrderActs order={order} roles={roles} person={person} />
          {roles.includes("supervisor") && order.state === "executed" && order.lines.some((line) => line.target === "answer") && <Identities order={order} />}
        </div>
        <OrderHistory order={order} />
      </div>
    </>
  );
}

function Facts({ order }: { order: CourtOrder }) {
  const { t, i18n } = useTranslation();
  const facts: [string, string][] = [
    [t("orders.court"), order.court],
    [t("orders.judge"), order.judge],
    [t("orders.docket"), order.docket],
    [t("orders.phone"), order.phone],
    [t("orders.issued"), dayAndTime(order.issued_at, i18n.language)],
    [t("orders.expires"), dayAndTime(order.expires_at, i18n.language)],
    [t("orders.seal_row"), order.seal_until ? dayAndTime(order.seal_until, i18n.language) : t("orders.seal_none")],
  ];
  return (
    <section className="card stack" aria-label={t("orders.says")}>
      <h2>{t("orders.says")}</h2>
      <blockquote className="order-words" dir="auto">{order.words}</blockquote>
      {order.certificate && <div className="stack tight"><p className="small muted">{t("orders.certificate")}</p>
        <blockquote className="order-words" dir="auto">{order.certificate}</blockquote></div>}
      <dl className="facts">
        {facts.filter(([, value]) => value).map(([name, value]) => <Fragment key={name}><dt>{name}</dt><dd>{value}</dd></Fragment>)}
      </dl>
      {order.document_sha256
        ? <p><a className="btn" href={`/api/orders/${order.id}/document`} download>{t("orders.document_open")}</a></p>
        : order.kind !== "exigent" && <p className="note warn small">{t("orders.document_missing")}</p>}
      {order.document_sha256 && <p className="small muted">SHA-256 <span className="mono record">{order.document_sha256}</span></p>}
      {order.renews && <p className="small"><Link to="/orders/$order" params={{ order: order.renews }}>{t("orders.renews_link")}</Link></p>}
      {order.review_by && <p className="note warn">{t("orders.review_by", { day: dayAndTime(order.review_by, i18n.language) })}</p>}
      {order.state === "expired" && <p className="small muted">{t("orders.expired", { day: day(order.expires_at, i18n.language) })}</p>}
    </section>
  );
}
