import { useTranslation } from "react-i18next";
import { Show, useLoaded } from "../api/loaded";
import type { OwnRefusal } from "../api/types";
import { codeText } from "../app/codes";
import { dayAndTime } from "../app/format";
import { Empty } from "../design/empty";

const SHOWN = 5;

/** What the owner's own terms kept closed: told to the owner and the auditor, never to who asked. */
export function Refusals({ camera }: { camera: string }) {
  const { t } = useTranslation();
  const refusals = useLoaded<OwnRefusal[]>(`/home/cameras/${camera}/refusals`);
  return (
    <section className="stack">
      <h2>{t("home.refusals")}</h2>
      <p className="muted">{t("home.refusals_text")}</p>
      <Show of={refusals} lines={3}>
        {(items) => items.length === 0 ? <Empty title={t("home.no_refusals")} /> : (
          <div className="card stack">
            <List items={items.slice(0, SHOWN)} />
            {items.length > SHOWN && (
              <details>
                <summary>{t("home.refusals_more", { count: items.length - SHOWN })}</summary>
                <List items={items.slice(SHOWN)} />
              </details>
            )}
          </div>
        )}
      </Show>
    </section>
  );
}

function List({ items }: { items: OwnRefusal[] }) {
  return <ul className="refusals">{items.map((item, place) => <li key={`${item.at}${place}`}><One refusal={item} /></li>)}</ul>;
}

function One({ refusal }: { refusal: OwnRefusal }) {
  const { t, i18n } = useTranslation();
  const { conditions } = refusal;
  return (
    <>
      <p className="num"><strong>{dayAndTime(refusal.at, i18n.language)}</strong></p>
      {conditions.length === 0 && <p className="small">{t("home.refusal_other")}</p>}
      {conditions.length === 1 && conditions[0] === "camera.answer"
        ? <p className="small">{t("home.refusal_asked")}</p>
        : conditions.length > 0 && (
          <>
            <p className="muted small">{t("home.refusal_why")}</p>
            <ul className="terms-list small">
              {conditions.map((rule) => <li key={rule}>{codeText(t, "rule", rule.replaceAll(".", "_"))}</li>)}
            </ul>
          </>
        )}
    </>
  );
}
