import { Link, useParams } from "@tanstack/react-router";
import { useTranslation } from "react-i18next";
import { api } from "../api/client";
import { Show, useLoaded } from "../api/loaded";
import type { AgencyAnswer, AgencyRequest } from "../api/types";
import { codeText } from "../app/codes";
import { KEEPERS, rolesOf, Seated, WATCHERS } from "../app/session";
import { Empty } from "../design/empty";
import { TwoTaps } from "../design/two-taps";
import { AnswerCard } from "./answer-card";
import { AreaMap } from "./area-map";
import { StateChip } from "./desk";
import { RequestFigures } from "./figures";
import { RequestText } from "./request-text";
import "./requests.css";

export function RequestPage() {
  return (
    <Seated roles={KEEPERS}>
      {(session) => <Request mayAct={rolesOf(session).some((role) => WATCHERS.includes(role))} />}
    </Seated>
  );
}

function Request({ mayAct }: { mayAct: boolean }) {
  const { t } = useTranslation();
  const { request = "" } = useParams({ strict: false });
  const found = useLoaded<AgencyRequest>(`/requests/${request}`);
  const answers = useLoaded<AgencyAnswer[]>(`/requests/${request}/answers`, { refetchInterval: 30_000 });
  return (
    <main className="page wide" id="main">
      <p className="small"><Link to="/requests">← {t("requests.back")}</Link></p>
      <Show of={found} lines={6}>{(data) => <Head request={data} mayAct={mayAct} />}</Show>
      <section className="stack" aria-labelledby="answers">
        <h2 id="answers">{t("requests.answers")}</h2>
        <Show of={answers} lines={4}>
          {(sent) => sent.length === 0
            ? <Empty title={t("requests.answers_none")}><p>{t("requests.answers_none_text")}</p></Empty>
            : <ul className="stack">{sent.map((one) => <li key={one.id}><AnswerCard answer={one} mayAct={mayAct} /></li>)}</ul>}
        </Show>
      </section>
    </main>
  );
}

function Head({ request, mayAct }: { request: AgencyRequest; mayAct: boolean }) {
  const { t, i18n } = useTranslation();
  return (
    <>
      <header className="row between">
        <h1>{request.case_number} · {codeText(t, "family", request.family)}</h1>
        <StateChip request={request} />
      </header>
      <div className="compose">
        <section className="card stack">
          <RequestText t={t} language={i18n.language} request={request} heading="h2" />
        </section>
        <div className="stack">
          <AreaMap cells={request.cells} />
          <RequestFigures request={request} />
          {mayAct && request.state === "open" && <Resolve request={request.id} />}
        </div>
      </div>
    </>
  );
}

function Resolve({ request }: { request: string }) {
  const { t } = useTranslation();
  return (
    <section className="card stack tight" aria-label={t("requests.resolve")}>
      <h2>{t("requests.resolve")}</h2>
      <p className="small muted">{t("requests.resolve_text")}</p>
      <div className="row">
        {(["solved", "not_needed", "mistake"] as const).map((reason) => (
          <TwoTaps key={reason} ask={t(`requests.${reason}`)} sure={t("requests.resolve")} act={() => api("POST", `/requests/${request}/resolve`, { reason })} />
        ))}
      </div>
    </section>
  );
}
