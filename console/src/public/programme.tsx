import { Link, useParams } from "@tanstack/react-router";
import { useTranslation } from "react-i18next";
import { Show, useLoaded } from "../api/loaded";
import type { Programme, PublicFeed } from "../api/types";
import { codeText } from "../app/codes";
import { day } from "../app/format";
import "./public.css";

/** One programme as anybody may read it: who, until when, how much, under which vote. */
export function ProgrammePage() {
  const { t } = useTranslation();
  const { programme = "" } = useParams({ strict: false });
  const found = useLoaded<Programme>(`/programmes/${programme}`);
  return (
    <main className="page" id="main">
      <p><Link to="/public">← {t("open.title")}</Link></p>
      <Show of={found} lines={8}>{(data) => <Sheet programme={data} />}</Show>
    </main>
  );
}

function Sheet({ programme }: { programme: Programme }) {
  const { t, i18n } = useTranslation();
  const shown = (value: string | null) => (value ? day(value, i18n.language) : "–");
  return (
    <>
      <header className="stack tight">
        <p><span className={`chip ${programme.state === "active" ? "good" : ""}`}>{codeText(t, "programme_state", programme.state)}</span></p>
        <h1>{programme.name}</h1>
        <p className="lead">{programme.agency_name}</p>
      </header>
      <section className="card"><dl className="facts">
        <dt>{t("open.begins")}</dt><dd>{shown(programme.starts_at)}</dd>
        <dt>{t("open.ends")}</dt><dd>{shown(programme.ends_at)}</dd>
        <dt>{t("open.caps")}</dt>
        <dd>{t("open.caps_text", { city: programme.city_camera_cap, homes: programme.private_camera_cap })}</dd>
        <dt>{t("open.distance")}</dt><dd className="num">{programme.max_distance_m} m</dd>
        <dt>{t("open.retention")}</dt><dd>{t("open.days", { count: programme.retention_days })}</dd>
        <dt>{t("open.types")}</dt>
        <dd>{programme.call_types.map((code) => codeText(t, "call_type", code)).join(", ")}</dd>
        <dt>{t("open.basis")}</dt><dd>{codeText(t, "lawful_basis", programme.jurisdiction, programme.lawful_basis)}</dd>
      </dl></section>
      {programme.vote && (
        <section className="card stack tight">
          <h2>{t("open.vote")}</h2>
          <p>{programme.vote.body}, {programme.vote.instrument}, {shown(programme.vote.held_at)}</p>
          <p className="mono muted">{programme.vote.document_sha256}</p>
        </section>
      )}
      <Papers programme={programme} />
      <Feeds programme={programme.id} />
      <section className="card stack tight">
        <h2>{t("open.contacts")}</h2>
        <dl className="facts">
          {Object.entries(programme.contacts).map(([what, who]) => (
            <div key={what} className="contact"><dt>{codeText(t, "contact", what)}</dt><dd>{who}</dd></div>
          ))}
        </dl>
      </section>
    </>
  );
}

/** Fingerprints of what was published before the vote: whoever has the file can compare. */
function Papers({ programme }: { programme: Programme }) {
  const { t } = useTranslation();
  const papers = [["impact_report", programme.impact_report_sha256], ["use_policy", programme.use_policy_sha256]] as const;
  const known = papers.filter(([, hash]) => hash);
  if (known.length === 0) return null;
  return (
    <section className="card stack tight">
      <h2>{t("open.papers")}</h2>
      <p className="muted small">{t("open.papers_text")}</p>
      {known.map(([name, hash]) => (
        <div key={name}><strong className="small">{t(`open.${name}`)}</strong><p className="mono muted">{hash}</p></div>
      ))}
    </section>
  );
}

/** Where the calls come from: a look stands and falls with them. */
function Feeds({ programme }: { programme: string }) {
  const { t } = useTranslation();
  const feeds = useLoaded<PublicFeed[]>(`/public/programmes/${programme}/feeds`);
  return (
    <section className="card stack tight">
      <h2>{t("open.feeds")}</h2>
      <p className="muted small">{t("open.feeds_text")}</p>
      <Show of={feeds} lines={1}>
        {(items) => items.length === 0 ? <p>{t("open.no_feeds")}</p> : (
          <ul className="stack tight">
            {items.map((feed) => <li key={feed.name}>{feed.name} <span className="muted small">{codeText(t, "origin", feed.origin)}</span></li>)}
          </ul>
        )}
      </Show>
    </section>
  );
}
