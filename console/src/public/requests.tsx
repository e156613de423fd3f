import { Link } from "@tanstack/react-router";
import { useTranslation } from "react-i18next";
import { Show, useLoaded } from "../api/loaded";
import type { PublicRequests, VideoRequest } from "../api/types";
import { codeText } from "../app/codes";
import { Empty } from "../design/empty";
import { StateChip } from "../requests/desk";
import { RequestFigures } from "../requests/figures";
import { whenText } from "../requests/request-text";
import "../requests/requests.css";
import "./public.css";

/** Every request to residents, for anybody. */
export function PublicRequestsPage() {
  const { t } = useTranslation();
  const found = useLoaded<PublicRequests>("/public/requests");
  return (
    <main className="page" id="main">
      <p><Link to="/public">← {t("open.title")}</Link></p>
      <header className="stack tight">
        <h1>{t("requests.public_title")}</h1>
        <p className="lead">{t("requests.public_lead")}</p>
      </header>
      <Show of={found} lines={6}>
        {({ requests }) => requests.length === 0
          ? <Empty title={t("requests.public_none")} />
          : <ul className="stack">{requests.map((one) => <li key={one.id}><Line request={one} /></li>)}</ul>}
      </Show>
    </main>
  );
}

function Line({ request }: { request: VideoRequest }) {
  const { t, i18n } = useTranslation();
  return (
    <article className="card request-row">
      <div className="stack tight">
        <h2><Link to="/public/requests/$request" params={{ request: request.id }}>
          {request.agency_name} · {codeText(t, "family", request.family)}
        </Link></h2>
        <p className="small muted">{whenText(t, i18n.language, request)}</p>
        <RequestFigures request={request} />
      </div>
      <StateChip request={request} />
    </article>
  );
}
