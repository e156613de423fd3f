import { Link } from "@tanstack/react-router";
import { useTranslation } from "react-i18next";
import { Show, useLoaded } from "../api/loaded";
import type { HomeRequest } from "../api/types";
import { codeText } from "../app/codes";
import { dayAndTime } from "../app/format";
import { Seated } from "../app/session";
import { Empty } from "../design/empty";
import { whenText } from "../requests/request-text";
import "../requests/requests.css";
import "./home.css";
import { RequestWishesForm } from "./request-wishes";

export function HomeRequestsPage() {
  return <Seated roles={["owner"]}>{() => <Inbox />}</Seated>;
}

/** Requests that reached this home, and how it wants to be asked. */
function Inbox() {
  const { t } = useTranslation();
  const found = useLoaded<HomeRequest[]>("/home/requests");
  return (
    <main className="page" id="main">
      <p className="small"><Link to="/home">← {t("home.title")}</Link></p>
      <h1>{t("requests.home_title")}</h1>
      <Show of={found} lines={4}>
        {(asked) => asked.length === 0
          ? <Empty title={t("requests.home_none")}><p>{t("requests.home_none_text")}</p></Empty>
          : <ul className="stack">{asked.map((one) => <li key={one.request.id}><Row asked={one} /></li>)}</ul>}
      </Show>
      <RequestWishesForm />
    </main>
  );
}

function Row({ asked }: { asked: HomeRequest }) {
  const { t, i18n } = useTranslation();
  const { request } = asked;
  return (
    <article className="card request-row">
      <div className="stack tight">
        <h2><Link to="/home/requests/$request" params={{ request: request.id }}>{codeText(t, "family", request.family)} · {request.agency_name}</Link></h2>
        <p className="small muted">{whenText(t, i18n.language, request)}</p>
      </div>
      <State asked={asked} />
    </article>
  );
}

function State({ asked }: { asked: HomeRequest }) {
  const { t, i18n } = useTranslation();
  const answered = asked.answers.some((one) => one.state === "sent" || one.state === "checking");
  if (answered) return <span className="chip good">{t("requests.home_answered")}</span>;
  if (asked.request.state !== "open") return <span className="chip">{t("requests.home_over")}</span>;
  if (asked.declined_at) return <span className="chip">{t("requests.home_put_away")}</span>;
  return <span className="chip accent">{t("requests.text_until", { day: dayAndTime(asked.request.answer_by, i18n.language) })}</span>;
}

/** On the first page: how many wait, in the quietest words; nothing when none does. */
export function RequestsLink() {
  const { t } = useTranslation();
  const found = useLoaded<HomeRequest[]>("/home/requests", { refetchInterval: 60_000 });
  const open = found.state === "ready"
    ? found.data.filter((one) => one.request.state === "open" && !one.declined_at && one.answers.length === 0).length
    : 0;
  if (open === 0) return <p><Link to="/home/requests">{t("requests.home_title")}</Link></p>;
  return (
    <p className="card row between">
      <Link to="/home/requests"><strong>{t("requests.home_open", { count: open })}</strong></Link>
      <span className="muted small">{t("requests.home_open_text")}</span>
    </p>
  );
}
