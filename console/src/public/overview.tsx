import { Link } from "@tanstack/react-router";
import type { TFunction } from "i18next";
import { useTranslation } from "react-i18next";
import { Show, useLoaded } from "../api/loaded";
import type { Programme, PublicLook, PublicLooks, PublicOverview } from "../api/types";
import { codeText } from "../app/codes";
import { day, dayAndTime } from "../app/format";
import { DataTable } from "../design/data-table";
import { Empty } from "../design/empty";
import { PublicOrders } from "./orders";
import "./public.css";

/** What anybody may know: how often, why, under which rule. No name, no place finer than a cell. */
export function Overview() {
  const { t } = useTranslation();
  const overview = useLoaded<PublicOverview>("/public/overview", { refetchInterval: 15_000 });
  return (
    <main className="page wide" id="main">
      <header className="stack tight">
        <h1>{t("open.title")}</h1>
        <p className="lead">{t("open.lead")}</p>
        <p><Link to="/public/places">{t("open.places")}</Link></p>
      </header>
      <Show of={overview} lines={3}>{(data) => <Figures data={data} />}</Show>
      <Looks />
      <PublicOrders />
      <p><Link to="/public/requests">{t("open.requests_link")}</Link></p>
      <Programmes />
      <Show of={overview} lines={2}>{(data) => <HowToVerify data={data} />}</Show>
    </main>
  );
}

function Figures({ data }: { data: PublicOverview }) {
  const { t, i18n } = useTranslation();
  const figures: [string, number][] = [
    [t("open.entries"), data.size],
    [t("open.looks_total"), data.entries["look.commit"] ?? 0],
    [t("open.looks_revealed"), data.looks_revealed],
    [t("open.looks_waiting"), data.looks_waiting],
  ];
  return (
    <dl className="figures">
      {figures.map(([name, value]) => (
        <div key={name}><dt>{name}</dt><dd className="num">{value.toLocaleString(i18n.language)}</dd></div>
      ))}
    </dl>
  );
}

function Looks() {
  const { t, i18n } = useTranslation();
  const looks = useLoaded<PublicLooks>("/public/looks", { refetchInterval: 15_000 });
  return (
    <section className="stack">
      <h2>{t("open.looks")}</h2>
      <p className="muted">{t("open.looks_text")}</p>
      <Show of={looks} lines={5}>
        {({ looks: items }) => items.length === 0 ? <Empty title={t("open.no_looks")}><p>{t("open.no_looks_text")}</p></Empty> : (
          <DataTable label={t("open.looks")} rows={items} keyOf={(look) => String(look.index)} columns={[
            { name: t("open.entry"), cell: (look) => look.index, className: "num" },
            { name: t("open.when"), cell: (look) => dayAndTime(look.committed_at, i18n.language), className: "num" },
            { name: t("open.who"), cell: (look) => <Two first={codeText(t, "role", look.role)} second={look.agency_name || look.agency} /> },
            { name: t("open.why"), cell: (look) => (
              <Two first={codeText(t, "purpose", look.purpose)} second={codeText(t, "family", look.incident_family)} />
            ) },
            { name: t("open.answer"), cell: (look) => (
              <Two first={codeText(t, "decision", look.decision)} second={outcomeOf(t, look)} />
            ) },
            { name: t("open.cell"), cell: (look) => look.cell, className: "mono" },
          ]} />
        )}
      </Show>
    </section>
  );
}

function Two({ first, second }: { first: string; second: string }) {
  return <span>{first}{second && <><br /><span className="muted">{second}</span></>}</span>;
}

function outcomeOf(t: TFunction, look: PublicLook): string {
  const basis = look.basis === "none" ? "" : codeText(t, "basis", look.basis);
  return [basis, codeText(t, "duration", look.lasted), codeText(t, "end", look.end_reason)].filter(Boolean).join(" · ");
}

function Programmes() {
  const { t, i18n } = useTranslation();
  const programmes = useLoaded<Programme[]>("/programmes");
  return (
    <section className="stack">
      <h2>{t("open.programmes")}</h2>
      <Show of={programmes} lines={2}>
        {(items) => items.length === 0 ? <p className="muted">{t("open.no_programmes")}</p> : (
          <ul className="stack tight">
            {items.map((programme) => (
              <li key={programme.id} className="card row between">
                <span>
                  <Link to="/public/programmes/$programme" params={{ programme: programme.id }}><strong>{programme.name}</strong></Link>
                  <br /><span className="muted small">{programme.agency_name}</span>
                </span>
                <span className="row">
                  {programme.ends_at && <span className="small muted">{t("open.until", { day: day(programme.ends_at, i18n.language) })}</span>}
                  <span className={`chip ${programme.state === "active" ? "good" : ""}`}>{codeText(t, "programme_state", programme.state)}</span>
                </span>
              </li>
            ))}
          </ul>
        )}
      </Show>
    </section>
  );
}

function HowToVerify({ data }: { data: PublicOverview }) {
  const { t } = useTranslation();
  return (
    <section className="card stack">
      <h2>{t("open.verify")}</h2>
      <p>{t("open.verify_text")}</p>
      <pre className="mono command">consentry verify log {location.origin}/ledger</pre>
      <p className="muted small">{t("open.verify_keys")} <a href="/ledger/policy">/ledger/policy</a></p>
      <p className="muted small">{t("open.verify_bags")} <a href="/api/vault/trust">/api/vault/trust</a></p>
      <dl className="facts">
        <dt>{t("open.log_key")}</dt><dd className="mono">{data.log_vkey}</dd>
        <dt>{t("open.checkpoint")}</dt><dd><a href="/ledger/checkpoint">/ledger/checkpoint</a></dd>
      </dl>
      {data.witnesses.length > 0 && (
        <div className="stack tight">
          <h3>{t("open.witnesses")}</h3>
          <p className="muted small">{t("open.witnessed", { size: data.witnessed_size, quorum: data.quorum })}</p>
          <ul className="stack tight">
            {data.witnesses.map((witness) => (
              <li key={witness.name}>{witness.operator}<br /><span className="mono muted">{witness.name}</span></li>
            ))}
          </ul>
          {data.witnesses.some((witness) => witness.same_machine) && <p className="note small">{t("open.same_machine")}</p>}
        </div>
      )}
    </section>
  );
}
