import { Link } from "@tanstack/react-router";
import { useTranslation } from "react-i18next";
import { Show, useLoaded } from "../api/loaded";
import type { WholenessReport } from "../api/types";
import { codeText } from "../app/codes";
import { dayAndTime } from "../app/format";
import { KEEPERS, Seated } from "../app/session";
import "./vault.css";

export function WholePage() {
  return <Seated roles={KEEPERS}>{() => <Whole />}</Seated>;
}

/** What the job that reads everything again found: what is whole, what is not, and when that was looked at. */
function Whole() {
  const { t } = useTranslation();
  const found = useLoaded<WholenessReport>("/vault/wholeness", { refetchInterval: 30_000 });
  return (
    <main className="page" id="main">
      <header className="stack tight">
        <p className="small"><Link to="/items">{t("vault.title")}</Link></p>
        <h1>{t("vault.whole_title")}</h1>
        <p className="lead">{t("vault.whole_lead")}</p>
      </header>
      <Show of={found} lines={5}>{(report) => <><Numbers report={report} /><Findings report={report} /></>}</Show>
    </main>
  );
}

function Numbers({ report }: { report: WholenessReport }) {
  const { t, i18n } = useTranslation();
  const time = (at: string | null) => (at ? dayAndTime(at, i18n.language) : t("vault.whole_never"));
  return (
    <section className="card stack" aria-label={t("vault.whole_numbers")}>
      <p className={`note ${report.damaged > 0 ? "bad" : report.unread > 0 ? "warn" : "good"}`} role="status">
        <strong>{report.damaged > 0 ? t("vault.whole_bad", { count: report.damaged }) : report.unread > 0 ? t("vault.whole_unread", { count: report.unread }) : t("vault.whole_good")}</strong>
      </p>
      <dl className="facts">
        <dt>{t("vault.whole_whole")}</dt><dd className="num">{report.whole}</dd>
        <dt>{t("vault.whole_damaged")}</dt><dd className="num">{report.damaged}</dd>
        <dt>{t("vault.whole_missing")}</dt><dd className="num">{report.missing}</dd>
        <dt>{t("vault.whole_not_read")}</dt><dd className="num">{report.unread}</dd>
        <dt>{t("vault.whole_last")}</dt><dd className="num">{time(report.last_at)}</dd>
        <dt>{t("vault.whole_oldest")}</dt><dd className="num">{time(report.oldest_at)}</dd>
        <dt>{t("vault.whole_every")}</dt><dd>{t("vault.whole_days", { count: report.every_days })}</dd>
      </dl>
    </section>
  );
}

function Findings({ report }: { report: WholenessReport }) {
  const { t, i18n } = useTranslation();
  if (report.findings.length === 0) return null;
  return (
    <section className="stack" aria-label={t("vault.whole_findings")}>
      <h2>{t("vault.whole_findings")}</h2>
      <p className="muted">{t("vault.whole_do")}</p>
      <ul className="stack">
        {report.findings.map((one) => (
          <li key={`${one.item} ${one.file} ${one.at}`} className="card stack tight">
            <p className="row between">
              <Link to="/items/$item" params={{ item: one.item }}>{one.name || codeText(t, "item_kind", one.kind)}</Link>
              <span className="chip live">{codeText(t, "finding_state", one.state)}</span>
            </p>
            <p className="small"><span className="mono">{one.file}</span> · <span className="num">{dayAndTime(one.at, i18n.language)}</span></p>
            {one.why && <p className="small muted">{one.why}</p>}
          </li>
        ))}
      </ul>
    </section>
  );
}
