import { Link, useParams } from "@tanstack/react-router";
import type { ReactNode } from "react";
import { useTranslation } from "react-i18next";
import { Show, useLoaded } from "../api/loaded";
import type { Alert } from "../api/types";
import { codeText } from "../app/codes";
import { dayAndTime } from "../app/format";
import { Empty } from "../design/empty";
import { textOf } from "./alert-text";
import "./neighbors.css";

export function AlertCard({ alert, children }: { alert: Alert; children?: ReactNode }) {
  const { t, i18n } = useTranslation();
  const text = textOf(alert, i18n.language);
  if (!text) return null;
  return (
    <article className="official">
      <p className="post-head">
        <span className="chip live">{codeText(t, "cap_type", alert.msg_type)}</span>
        <span className="chip">{codeText(t, "cap_category", alert.category)}</span>
        <span>{alert.agency_name}</span>
        <time dateTime={alert.sent_at}>{dayAndTime(alert.sent_at, i18n.language)}</time>
      </p>
      <h2 dir="auto" lang={text.language}>{text.headline}</h2>
      <p><strong>{codeText(t, "cap_response", alert.response)}</strong> · <span lang={text.language}>{text.area_name || alert.area_name}</span></p>
      <p className="said" dir="auto" lang={text.language}>{text.description}</p>
      {text.instruction && <p className="said" dir="auto" lang={text.language}><strong>{text.instruction}</strong></p>}
      <p className="post-foot">
        {alert.msg_type !== "Cancel" && <span className="muted">{t("neighbors.alert_ends", { when: dayAndTime(alert.expires_at, i18n.language) })}</span>}
        <a href={`/api/alerts/${alert.id}/cap.xml`}>{t("neighbors.alert_cap")}</a>
      </p>
      {alert.superseded_by && (
        <p className="note warn"><Link to="/alerts/$alert" params={{ alert: alert.superseded_by }}>{t("neighbors.alert_newer")}</Link></p>
      )}
      {children}
    </article>
  );
}

/** All official alerts, for anybody. */
export function AlertsPage() {
  const { t, i18n } = useTranslation();
  const alerts = useLoaded<Alert[]>("/alerts?running=false", { refetchInterval: 60_000 });
  return (
    <main className="page" id="main">
      <header className="stack tight"><h1>{t("neighbors.alerts")}</h1><p className="lead">{t("neighbors.alerts_lead")}</p></header>
      <Show of={alerts} lines={5}>
        {(data) => data.length === 0 ? <Empty title={t("neighbors.alert_none")} /> : (
          <ul className="stack">{data.map((alert) => <li key={alert.id}><AlertCard alert={alert} /></li>)}</ul>
        )}
      </Show>
      <p><a href={`/api/alerts.atom?lang=${i18n.language}`}>{t("neighbors.alerts_feed")}</a></p>
    </main>
  );
}

export function AlertPage() {
  const { t } = useTranslation();
  const { alert: id } = useParams({ strict: false });
  const alert = useLoaded<Alert>(`/alerts/${id}`);
  return (
    <main className="page" id="main">
      <p><Link to="/alerts">← {t("neighbors.alerts")}</Link></p>
      <h1 className="vh">{t("neighbors.alerts")}</h1>
      <Show of={alert} lines={5}>{(data) => <AlertCard alert={data} />}</Show>
    </main>
  );
}
