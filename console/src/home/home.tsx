import { Link } from "@tanstack/react-router";
import { useTranslation } from "react-i18next";
import { Show, useLoaded } from "../api/loaded";
import type { Home, OwnerAsk, Session, SharedCamera } from "../api/types";
import { Seated } from "../app/session";
import { codeText } from "../app/codes";
import { span, useNow } from "../app/format";
import { Empty } from "../design/empty";
import { useWorker } from "../worker/register";
import { CameraCard } from "./camera-card";
import { Doubled } from "./edges";
import { Events } from "./events";
import { Hearing } from "./hearing";
import "./home.css";
import { Looking } from "./looking";
import { OrdersLink } from "./orders";
import { RequestsLink } from "./requests";

export function HomePage() {
  return <Seated roles={["owner"]}>{(session) => <Mine session={session} />}</Seated>;
}

/** Who looks now, who asks, my cameras. In this order, because that is the order of what matters. */
function Mine({ session }: { session: Session }) {
  const { t } = useTranslation();
  useWorker();
  const home = useLoaded<Home>("/home", { refetchInterval: 15_000 });
  return (
    <main className="page" id="main">
      <h1 className="vh">{t("home.title")}</h1>
      <Show of={home} lines={8}>
        {(data) => (
          <>
            <Looking cameras={data.cameras} />
            <Asks />
            <OrdersLink />
            <RequestsLink />
            <Doubled />
            <AtTheDoor home={data} person={session.person ?? ""} />
            <section className="stack">
              <header className="row between">
                <h2>{t("home.cameras")}</h2>
                <Link to="/home/add" className="btn small">{t("home.add")}</Link>
              </header>
              {data.cameras.length === 0 && (
                <Empty title={t("home.no_cameras")}>
                  <p>{t("home.no_cameras_text")}</p>
                  <p><Link to="/home/start" className="btn primary">{t("home.join_title")}</Link></p>
                </Empty>
              )}
              <ul className="stack">
                {data.cameras.map((camera) => (
                  <li key={camera.id}><CameraCard camera={camera} person={session.person ?? ""} /></li>
                ))}
              </ul>
            </section>
            <p className="row">
              <Link to="/home/start">{t("home.join_title")}</Link>
              <Link to="/home/pair">{t("home.pair_link")}</Link>
            </p>
          </>
        )}
      </Show>
    </main>
  );
}

/** The newest rings and movements, with what the camera saw; nothing here while there is none. */
function AtTheDoor({ home, person }: { home: Home; person: string }) {
  const { t } = useTranslation();
  const shared = useLoaded<SharedCamera[]>("/home/guests");
  if (home.cameras.length === 0 && !(shared.state === "ready" && shared.data.length > 0)) return null;
  return (
    <section className="stack tight">
      <header className="row between">
        <h2>{t("events.title")}</h2>
        <Link to="/home/events">{t("events.all")}</Link>
      </header>
      <Events person={person} home={home} first />
      <Hearing person={person} />
    </section>
  );
}

/** Asks that wait for a yes or a no. */
function Asks() {
  const { t } = useTranslation();
  const asks = useLoaded<OwnerAsk[]>("/home/asks", { refetchInterval: 15_000 });
  const now = useNow();
  if (asks.state !== "ready") return null;
  const open = asks.data.filter((ask) => new Date(ask.answer_by).getTime() > now);
  if (open.length === 0) return null;
  return (
    <ul className="stack" aria-live="polite">
      {open.map((ask) => (
        <li key={ask.id}>
          <Link to="/home/asks/$ask" params={{ ask: ask.id }} className="ask-link">
            <span>
              <strong>{t("home.ask_waits", { camera: ask.camera_name })}</strong>
              <span className="small">{codeText(t, "purpose", ask.purpose)} · {codeText(t, "family", ask.type_family)}</span>
            </span>
            <span className="num">{span((new Date(ask.answer_by).getTime() - now) / 1000)}</span>
          </Link>
        </li>
      ))}
    </ul>
  );
}
