import { Link } from "@tanstack/react-router";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { api } from "../api/client";
import { Show, useLoaded } from "../api/loaded";
import type { Feed, QuarantinedRow, Session } from "../api/types";
import { codeText } from "../app/codes";
import { ago, dayAndTime, useNow } from "../app/format";
import { agencyOf, Seated } from "../app/session";
import { DataTable } from "../design/data-table";
import { Empty } from "../design/empty";
import { TwoTaps } from "../design/two-taps";
import "../public/public.css";
import { NewFeed } from "./new-feed";

export function FeedsPage() {
  return <Seated roles={["manager"]}>{(session) => <Page session={session} />}</Seated>;
}

/** Where calls come from: when each feed was last heard, what it sent, what could not be a call. */
function Page({ session }: { session: Session }) {
  const { t } = useTranslation();
  const feeds = useLoaded<Feed[]>("/feeds", { refetchInterval: 15_000 });
  return (
    <main className="page wide" id="main">
      <p><Link to="/manage">← {t("office.title")}</Link></p>
      <header className="stack tight">
        <h1>{t("office.feeds")}</h1>
        <p className="lead">{t("office.feeds_lead")}</p>
      </header>
      <Show of={feeds} lines={3}>
        {(items) => (
          <>
            {items.length === 0 && <Empty title={t("office.no_feeds")} />}
            <ul className="stack tight">{items.map((feed) => <li key={feed.id}><OneFeed feed={feed} /></li>)}</ul>
            <NewFeed agency={agencyOf(session, "manager")} />
            <Quarantine feeds={items} />
          </>
        )}
      </Show>
    </main>
  );
}

function OneFeed({ feed }: { feed: Feed }) {
  const { t, i18n } = useTranslation();
  const now = useNow(5_000);
  return (
    <article className="card row between">
      <div><h2 className="feed-name">{feed.name}</h2>
        <p className="muted small">{codeText(t, "feed_kind", feed.kind)}{feed.preset && ` · ${feed.preset}`}</p></div>
      <div className="row small">
        <span className="num">{t("office.taken", { count: feed.taken })}</span>
        {feed.quarantined > 0 && <span className="chip warn num">{t("office.held", { count: feed.quarantined })}</span>}
        <span className="muted">{feed.heard_at ? ago(feed.heard_at, now, i18n.language) : t("office.silent")}</span>
        <span className={`chip ${feed.active ? "good" : ""}`}>{t(feed.active ? "office.on" : "office.off")}</span>
        <Link className="btn small" to="/manage/feeds/$feed" params={{ feed: feed.id }} aria-label={t("office.types_of", { feed: feed.name })}>
          {t("office.types_link")}
        </Link>
        {feed.active && (
          <TwoTaps
            ask={t("office.feed_stop")} sure={t("office.feed_stop_sure")} act={() => api("POST", `/feeds/${feed.id}/stop`)}
          />
        )}
      </div>
    </article>
  );
}

/** Rows that could not be calls: where and why, never what they said. */
function Quarantine({ feeds }: { feeds: Feed[] }) {
  const { t, i18n } = useTranslation();
  const [feed, setFeed] = useState("");
  const rows = useLoaded<QuarantinedRow[]>(`/quarantine?feed=${feed}`, { keep: true });
  const nameOf = (id: string) => feeds.find((one) => one.id === id)?.name ?? id;
  return (
    <section className="stack">
      <h2>{t("office.quarantine")}</h2>
      <p className="muted">{t("office.quarantine_text")}</p>
      {feeds.length > 1 && (
        <p className="row"><label htmlFor="of-feed">{t("office.feed_one")}</label>
          <select className="quiet-select" id="of-feed" value={feed} onChange={(event) => setFeed(event.target.value)}>
            <option value="">{t("office.feed_all")}</option>
            {feeds.map((one) => <option key={one.id} value={one.id}>{one.name}</option>)}
          </select></p>
      )}
      <Show of={rows} lines={3}>
        {(items) => items.length === 0 ? <Empty title={t("office.no_quarantine")} /> : (
          <DataTable label={t("office.quarantine")} rows={items.slice(0, 50)} keyOf={(row) => `${row.feed}${row.at}${row.position}`} columns={[
            { name: t("open.when"), cell: (row) => dayAndTime(row.at, i18n.language), className: "num" },
            { name: t("office.feed"), cell: (row) => nameOf(row.feed) },
            { name: t("office.row"), cell: (row) => row.position, className: "num" },
            { name: t("office.reason"), cell: (row) => `${row.reason.replaceAll("_", " ")} ${row.detail}`.trim() },
          ]} />
        )}
      </Show>
    </section>
  );
}
