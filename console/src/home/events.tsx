import { useQueryClient } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { useEffect } from "react";
import { useTranslation } from "react-i18next";
import { api } from "../api/client";
import { Show, useLoaded } from "../api/loaded";
import type { Home, OwnEvent, Session, SharedCamera, Wishes } from "../api/types";
import { Seated } from "../app/session";
import { Button } from "../design/button";
import { Empty } from "../design/empty";
import { keepList } from "../worker/offline-list";
import { useWorker } from "../worker/register";
import { EventList } from "./event-list";
import { Hearing } from "./hearing";
import { Household } from "./household";
import "./home.css";

const FIRST = 3;
/** Pages that lost their line look again by themselves. */
const AGAIN_MS = 30_000;

export function EventsPage() {
  return <Seated roles={["owner"]}>{(session) => <Mine session={session} />}</Seated>;
}

function Mine({ session }: { session: Session }) {
  const { t } = useTranslation();
  useWorker();
  const home = useLoaded<Home>("/home");
  const person = session.person ?? "";
  return (
    <main className="page" id="main">
      <p><Link to="/home">← {t("home.title")}</Link></p>
      <header className="stack tight"><h1>{t("events.title")}</h1><p className="lead">{t("events.intro")}</p></header>
      <Hearing person={person} />
      <Show of={home} lines={4}>
        {(data) => (
          <>
            <Events person={person} home={data} />
            <Pushes home={data} />
            <Household home={data} person={person} />
            <SharedWithMe />
          </>
        )}
      </Show>
      <p className="note small">{t("home.motion_hint")}</p>
      <p><Link to="/notices">{t("notices.more")}</Link></p>
    </main>
  );
}

/** The newest few on the first page, all on their own; a copy for when there is no network. */
export function Events({ person, home, first = false }: { person: string; home: Home; first?: boolean }) {
  const { t } = useTranslation();
  const events = useLoaded<OwnEvent[]>("/home/events", { refetchInterval: AGAIN_MS });
  const shared = useLoaded<SharedCamera[]>("/home/guests");
  const others = shared.state === "ready" ? shared.data.map((one) => [one.camera, one.camera_name]) : [];
  const names = Object.fromEntries([...home.cameras.map((camera) => [camera.id, camera.name]), ...others]) as Record<string, string>;
  const all = events.state === "ready" ? events.data : undefined;
  const key = JSON.stringify([all?.map((event) => event.id), names]);
  useEffect(() => {
    if (all) void keepList({ person, keptAt: Date.now(), names, events: all }).catch(() => undefined);
  // Kept anew when the list or a name changed, not at each drawing.
  // eslint-disable-next-line react-hooks/exhaustive-deps
  }, [person, key]);
  if (first && !all?.length) return null;
  return (
    <Show of={events} lines={4}>
      {(data) => data.length === 0
        ? <Empty title={t("events.none")}><p>{t("events.none_text")}</p></Empty>
        : <EventList events={first ? data.slice(0, FIRST) : data} names={names} />}
    </Show>
  );
}

/** Cameras of others, and the way out of each. */
function SharedWithMe() {
  const { t } = useTranslation();
  const client = useQueryClient();
  const shared = useLoaded<SharedCamera[]>("/home/guests");
  if (shared.state !== "ready" || shared.data.length === 0) return null;

  async function leave(guest: string) {
    await api("POST", `/home/guests/${guest}/end`, {});
    await client.invalidateQueries({ queryKey: ["home"] });
  }

  return (
    <section className="card stack tight">
      <h2>{t("events.shared_title")}</h2>
      <ul className="stack tight">
        {shared.data.map((one) => (
          <li key={one.id} className="row between">
            <span><strong>{one.camera_name}</strong><br />
              <span className="small muted">{one.state === "shared" ? one.owner_name : t("events.shared_waits")}</span></span>
            <Button size="small" onClick={() => void leave(one.id)}>{t("events.shared_leave")}</Button>
          </li>
        ))}
      </ul>
    </section>
  );
}

/** Which cameras may ring on this person's devices; the page shows all of them. */
function Pushes({ home }: { home: Home }) {
  const { t } = useTranslation();
  const client = useQueryClient();
  const wishes = useLoaded<Wishes>("/notices/wishes");
  if (wishes.state !== "ready" || home.cameras.length === 0) return null;
  const isMuted = (camera: string) =>
    wishes.data.mutes.some((mute) => mute.kind === "camera.event" && mute.channel === "push" && mute.object_id === camera);

  async function change(camera: string, is_muted: boolean) {
    await api("PUT", "/notices/mutes", { kind: "camera.event", channel: "push", object_id: camera, is_muted });
    await client.invalidateQueries({ queryKey: ["notices"] });
  }

  return (
    <fieldset className="card stack tight push-cameras">
      <legend className="vh">{t("events.push_title")}</legend>
      <h2 aria-hidden="true">{t("events.push_title")}</h2>
      <p className="muted small">{t("events.push_text")}</p>
      {home.cameras.map((camera) => (
        <label key={camera.id} className="check">
          <input
            type="checkbox" checked={!isMuted(camera.id)}
            onChange={(event) => void change(camera.id, !event.target.checked)}
          />
          <span>{camera.name}</span>
        </label>
      ))}
    </fieldset>
  );
}
