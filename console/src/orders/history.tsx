import { useTranslation } from "react-i18next";
import type { CourtOrder } from "../api/types";
import { codeText } from "../app/codes";
import { dayAndTime } from "../app/format";

/** Everything that was done with it, first to last: who, when, why. */
export function OrderHistory({ order }: { order: CourtOrder }) {
  const { t, i18n } = useTranslation();
  // Only what two people have reviewed is an order for the log; an exigent one from the beginning.
  const isReceived = order.kind === "exigent" || order.state === "reviewed" || order.state === "executed";
  return (
    <section className="card stack" aria-label={t("orders.history")}>
      <h2>{t("orders.history")}</h2>
      <ol className="stack">
        {order.acts.map((act, place) => (
          <li key={place} className="stack tight">
            <p><strong>{codeText(t, "order_act", act.kind)}</strong></p>
            <p className="small muted"><span className="num">{dayAndTime(act.at, i18n.language)}</span>
              {act.name && <> · {act.name}, {codeText(t, "role", act.role)}</>}</p>
            {act.why && act.kind !== "document_put" && act.kind !== "said" && <p className="small order-words" dir="auto">{act.why}</p>}
          </li>
        ))}
      </ol>
      {isReceived && <p className="small muted">{t(order.is_logged ? "orders.logged" : "orders.not_logged")}</p>}
    </section>
  );
}
