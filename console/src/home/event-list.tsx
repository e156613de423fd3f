import { useQuery } from "@tanstack/react-query";
import { useEffect, useState } from "react";
import { useTranslation } from "react-i18next";
import { api } from "../api/client";
import type { OwnEvent } from "../api/types";
import { ago, dayAndTime, useNow } from "../app/format";
import { allEventKeys, openEvent, openEventPicture, type Happened } from "../crypto/event-key";
import "./events.css";

interface Props { events: OwnEvent[]; names: Record<string, string>; withPictures?: boolean }

/** What the cameras noticed, newest first, opened here: the server knows neither what it was nor the picture. */
export function EventList({ events, names, withPictures = true }: Props) {
  const { t } = useTranslation();
  const opened = useQuery({
    queryKey: ["opened-events", events.map((event) => event.id).join()],
    queryFn: async () => {
      const keys = await allEventKeys();
      return Promise.all(events.map((event) => openEvent(event, keys)));
    },
    placeholderData: (before) => before,
  });
  return (
    <ul className="events" aria-live="polite" aria-label={t("events.title")}>
      {events.map((event, at) => {
        const happened = opened.data?.[at]?.id === event.id ? opened.data[at] : opened.data?.find((one) => one?.id === event.id);
        return (
          <li key={event.id} className="event">
            {withPictures && event.has_picture && happened && <EventPicture event={happened} name={names[event.camera] ?? ""} />}
            <EventLine event={event} happened={happened} isOpened={opened.data !== undefined} name={names[event.camera] ?? ""} />
          </li>
        );
      })}
    </ul>
  );
}

function EventLine({ event, happened, isOpened, name }: { event: OwnEvent; happened?: Happened; isOpened: boolean; name: string }) {
  const { t, i18n } = useTranslation();
  const now = useNow(10_000);
  const at = happened?.at ?? event.came_at;
  return (
    <div className="event-line">
      <span className={`event-mark ${happened?.kind ?? ""}`} aria-hidden="true" />
      <p>
        <strong>{happened ? t(`events.${happened.kind}`) : t(isOpened ? "events.unreadable" : "events.opening")}</strong><br />
        <span className="muted small">{name && `${name} · `}
          <time dateTime={new Date(at).toISOString()} title={dayAndTime(at, i18n.language)}>{ago(at, now, i18n.language)}</time>
        </span>
      </p>
    </div>
  );
}

/** Its place is kept while it comes, so that nothing jumps. */
function EventPicture({ event, name }: { event: Happened; name: string }) {
  const { t } = useTranslation();
  const [url, setUrl] = useState("");
  const sealed = useQuery({
    queryKey: ["event-picture", event.id], staleTime: Infinity,
    queryFn: async () => {
      const answer = await api<{ sealed: string }>("GET", `/home/events/${encodeURIComponent(event.id)}/picture`);
      return answer.ok ? openEventPicture(event, answer.data.sealed) : undefined;
    },
  });
  useEffect(() => {
    if (!sealed.data) return undefined;
    const made = URL.createObjectURL(new Blob([sealed.data], { type: "image/jpeg" }));
    setUrl(made);
    return () => URL.revokeObjectURL(made);
  }, [sealed.data]);
  return (
    <div className="event-shot">
      {url && <img src={url} alt={t("events.picture_of", { camera: name || t("events.a_camera") })} />}
    </div>
  );
}
