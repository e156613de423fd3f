import { useTranslation } from "react-i18next";
import { Show, useLoaded } from "../api/loaded";
import type { Feed, QuarantinedRow } from "../api/types";
import { ago, dayAndTime, useNow } from "../app/format";
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
          // eslint-disable-next-line jsx-a11y/no-noninteractive-tabindex -- what scrolls must be reachable by keyboard
          <div className="card scroll-x" tabIndex={0} role="region" aria-label={t("office.quarantine")}>
            <table className="table">
              <thead><tr><th scope="col">{t("open.when")}</th><th scope="col">{t("office.row")}</th>
                <th scope="col">{t("office.reason")}</th></tr></thead>
              <tbody>
                {items.slice(0, 50).map((row) => (
                  <tr key={`${row.feed}${row.at}${row.position}`}>
                    <td className="num">{dayAndTime(row.at, i18n.language)}</td>
                    <td className="num">{row.position}</td>
                    <td>{row.reason.replaceAll("_", " ")}{row.detail && <><br /><span className="muted">{row.detail}</span></>}</td>
                  </tr>
                ))}
              </tbody>
            </table>
          </div>
        )}
      </Show>
    </section>
  );
}
