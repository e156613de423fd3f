import { Link } from "@tanstack/react-router";
import { useTranslation } from "react-i18next";
import { Show, useLoaded } from "../api/loaded";
import type { AgencyRequest } from "../api/types";
import { codeText } from "../app/codes";
import { dayAndTime } from "../app/format";
import { KEEPERS, rolesOf, Seated, WATCHERS } from "../app/session";
import { Empty } from "../design/empty";
import { whenText } from "./request-text";
import "./requests.css";

export function DeskPage() {
  return (
    <Seated roles={KEEPERS}>
      {(session) => <Desk mayAsk={rolesOf(session).some((role) => WATCHERS.includes(role))} />}
    </Seated>
  );
}

/** What this agency asked of residents, newest first. No count of homes stands anywhere here. */
function Desk({ mayAsk }: { mayAsk: boolean }) {
  const { t } = useTranslation();
  const found = useLoaded<AgencyRequest[]>("/requests", { refetchInterval: 30_000 });
  return (
    <main className="page" id="main">
      <header className="stack tight">
        <div className="row between">
          <h1>{t("requests.title")}</h1>
          {mayAsk && <Link className="btn primary" to="/requests/new">{t("requests.new")}</Link>}
        </div>
        <p className="lead">{t("requests.lead")}</p>
      </header>
      <Show of={found} lines={6}>
        {(requests) => requests.length === 0
          ? <Empty title={t("requests.none")}><p>{t("requests.none_text")}</p></Empty>
          : <ul className="stack">{requests.map((one) => <li key={one.id}><Row request={one} /></li>)}</ul>}
      </Show>
    </main>
  );
}

function Row({ request }: { request: AgencyRequest }) {
  const { t, i18n } = useTranslation();
  return (
    <article className="card request-row">
      <div className="stack tight">
        <h2><Link to="/requests/$request" params={{ request: request.id }}>
          {request.case_number} · {codeText(t, "family", request.family)}
        </Link></h2>
        <p className="small muted">{whenText(t, i18n.language, request)}</p>
        <p className="small">{request.looking_for.map((code) => codeText(t, "looking_for", code)).join(", ")}</p>
      </div>
      <StateChip request={request} />
    </article>
  );
}

export function StateChip({ request }: { request: Pick<AgencyRequest, "state" | "answer_by" | "close_reason"> }) {
  const { t, i18n } = useTranslation();
  if (request.state === "open") {
    return <span className="chip good">{t("requests.state_open", { day: dayAndTime(request.answer_by, i18n.language) })}</span>;
  }
  return <span className="chip">{t("requests.state_closed")}: {codeText(t, "close_reason", request.close_reason)}</span>;
}
