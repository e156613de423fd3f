import { Link, useParams } from "@tanstack/react-router";
import { useTranslation } from "react-i18next";
import { Show, useLoaded } from "../api/loaded";
import type { VideoRequest } from "../api/types";
import { AreaMap } from "../requests/area-map";
import { StateChip } from "../requests/desk";
import { RequestFigures } from "../requests/figures";
import { RequestText } from "../requests/request-text";
import "../requests/requests.css";
import "./public.css";

/** One request as anybody may read it, with what opens its commitment in the log. */
export function PublicRequestPage() {
  const { t } = useTranslation();
  const { request = "" } = useParams({ strict: false });
  const found = useLoaded<VideoRequest>(`/public/requests/${request}`);
  return (
    <main className="page" id="main">
      <p><Link to="/public/requests">← {t("requests.back")}</Link></p>
      <Show of={found} lines={8}>{(data) => <Sheet request={data} />}</Show>
    </main>
  );
}

function Sheet({ request }: { request: VideoRequest }) {
  const { t, i18n } = useTranslation();
  return (
    <>
      <StateChip request={request} />
      <RequestText t={t} language={i18n.language} request={request} heading="h1" />
      <AreaMap cells={request.cells} />
      <RequestFigures request={request} />
      <details className="card"><summary>{t("requests.proof")}</summary>
        <p className="mono small record in-details">{request.record}</p>
        <p className="mono small record">salt {request.salt}</p>
      </details>
    </>
  );
}
