import { Link } from "@tanstack/react-router";
import { useTranslation } from "react-i18next";
import type { CourtOrder, OrderLine } from "../api/types";
import { codeText } from "../app/codes";
import { dayAndTime } from "../app/format";

/** Each thing that it names, and under it what executing found and what its owner answered. */
export function OrderLines({ order }: { order: CourtOrder }) {
  const { t } = useTranslation();
  return (
    <section className="card stack" aria-label={t("orders.lines")}>
      <h2>{t("orders.lines")}</h2>
      <ol className="stack order-lines">
        {order.lines.map((line, number) => <li key={number}><Line order={order} line={line} number={number} /></li>)}
      </ol>
    </section>
  );
}

function Line({ order, line, number }: { order: CourtOrder; line: OrderLine; number: number }) {
  const { t, i18n } = useTranslation();
  const yields = order.yields.filter((one) => one.line === number);
  const servings = order.servings.filter((one) => one.line === number);
  return (
    <div className="stack tight">
      <p><strong>{codeText(t, "order_target", line.target)}</strong> <span className="mono small">{line.about}</span></p>
      {line.window_start && line.window_end && (
        <p className="small">{t("orders.window", { from: dayAndTime(line.window_start, i18n.language), to: dayAndTime(line.window_end, i18n.language) })}</p>
      )}
      {yields.map((one, place) => (
        <p key={place} className="small">{codeText(t, "order_yield", one.word)} {one.item && <ItemLink item={one.item} />}</p>
      ))}
      {servings.map((one, place) => (
        <div key={place} className="note small stack tight">
          <p>{one.told_at ? t("orders.told", { when: dayAndTime(one.told_at, i18n.language) }) : t("orders.tell_at", { when: dayAndTime(one.tell_at, i18n.language) })}
            {one.state !== "told" && <> · <strong>{codeText(t, "order_serving", one.state)}</strong></>}</p>
          {one.said && <blockquote className="order-words" dir="auto">{one.said}</blockquote>}
          {one.items.map((item) => <p key={item}><ItemLink item={item} /></p>)}
        </div>
      ))}
    </div>
  );
}

function ItemLink({ item }: { item: string }) {
  const { t } = useTranslation();
  return <Link to="/items/$item" params={{ item }}>{t("orders.item")}</Link>;
}
