import { useTranslation } from "react-i18next";
import { Show, useLoaded } from "../api/loaded";
import type { Feed, QuarantinedRow } from "../api/types";
import { ago, dayAndTime, useNow } from "../app/format";
import { DataTable } from "../design/data-table";
import { Empty } from "../design/empty";

/** Where calls come from, when each feed was last heard, what it sent. */
export function Feeds() {
  const { t, i18n } = useTranslation();
  const feeds = useLoaded<Feed[]>("/feeds", { refetchInterval: 15_000 });
  const now = useNow(5_000);
  return (
    <section className="stack">
      <h2>{t("office.feeds")}</h2>
      <Show of={feeds} lines={3}>
        {(items) => items.length === 0 ? <Empty title={t("office.no_feeds")} /> : (
          <ul className="stack tight">
            {items.map((feed) => (
              <li key={feed.id} className="card row between">
                <span><strong>{feed.name}</strong><br />
                  <span className="muted small">{feed.kind}{feed.preset && ` · ${feed.preset}`}</span></span>
                <span className="row small">
                  <span className="num">{t("office.taken", { count: feed.taken })}</span>
                  {feed.quarantined > 0 && <span className="chip warn num">{t("office.held", { count: feed.quarantined })}</span>}
                  <span className="muted">{feed.heard_at ? ago(feed.heard_at, now, i18n.language) : t("office.silent")}</span>
                  <span className={`chip ${feed.active ? "good" : ""}`}>{t(feed.active ? "office.on" : "office.off")}</span>
                </span>
              </li>
            ))}
          </ul>
        )}
      </Show>
    </section>
  );
}

/** Rows that could not be calls: where and why, never what they said. */
export function Quarantine() {
  const { t, i18n } = useTranslation();
  const rows = useLoaded<QuarantinedRow[]>("/quarantine");
  return (
    <section className="stack">
      <h2>{t("office.quarantine")}</h2>
      <p className="muted">{t("office.quarantine_text")}</p>
      <Show of={rows} lines={3}>
        {(items) => items.length === 0 ? <Empty title={t("office.no_quarantine")} /> : (
          <DataTable label={t("office.quarantine")} rows={items.slice(0, 50)} keyOf={(row) => `${row.feed}${row.at}${row.position}`} columns={[
            { name: t("open.when"), cell: (row) => dayAndTime(row.at, i18n.language), className: "num" },
            { name: t("office.row"), cell: (row) => row.position, className: "num" },
            { name: t("office.reason"), cell: (row) => `${row.reason.replaceAll("_", " ")} ${row.detail}`.trim() },
          ]} />
        )}
      </Show>
    </section>
  );
}
