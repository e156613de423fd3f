import { useRef, useState } from "react";
import { useTranslation } from "react-i18next";
import { Show, useLoaded } from "../api/loaded";
import type { PublicCamera, Session } from "../api/types";
import { problemText } from "../app/problem";
import { agencyOf, rolesOf, Seated, SENDERS } from "../app/session";
import { Button } from "../design/button";
import { Empty } from "../design/empty";
import { AddCamera } from "./add-camera";
import { useSending, type Sending } from "./sending";
import "./field.css";

export function Field() {
  return <Seated roles={SENDERS}>{(session) => <Page session={session} />}</Seated>;
}

/** Send this phone's picture: choose as which camera, start, see who looks, stop. */
function Page({ session }: { session: Session }) {
  const { t } = useTranslation();
  const cameras = useLoaded<PublicCamera[]>("/pushed-cameras");
  const isManager = rolesOf(session).includes("manager");
  return (
    <main className="page field-page" id="main">
      <h1>{t("field.title")}</h1>
      <Show of={cameras} lines={4}>
        {(items) => items.length === 0
          ? <Empty title={t(isManager ? "field.none_manager" : "field.none")} />
          : <Sender cameras={items} />}
      </Show>
      {isManager && <AddCamera agency={agencyOf(session, "manager")} />}
    </main>
  );
}

function Sender({ cameras }: { cameras: PublicCamera[] }) {
  const { t } = useTranslation();
  const video = useRef<HTMLVideoElement>(null);
  const sending = useSending(video);
  const [camera, setCamera] = useState(cameras[0]?.id ?? "");
  const [withSound, setWithSound] = useState(false);
  const isOff = sending.state === "off";
  const mayHear = cameras.find((one) => one.id === camera)?.audio ?? false;
  return (
    <section className="stack">
      <div className="field">
        <label htmlFor="f-camera">{t("field.as")}</label>
        <select className="input" id="f-camera" value={camera} disabled={!isOff} onChange={(event) => setCamera(event.target.value)}>
          {cameras.map((one) => <option key={one.id} value={one.id}>{one.name}</option>)}
        </select>
      </div>
      {mayHear && (
        <label className="check">
          <input type="checkbox" checked={withSound} disabled={!isOff} onChange={(event) => setWithSound(event.target.checked)} />
          <span>{t("field.with_sound")}<br /><span className="muted small">{t("field.with_sound_text")}</span></span>
        </label>
      )}
      <div className={`field-glass ${sending.state}`}>
        <video ref={video} muted playsInline autoPlay aria-label={t("field.preview")} />
        {isOff && <p>{t("field.preview_off")}</p>}
      </div>
      {isOff
        ? <Button look="primary" size="big" onClick={() => void sending.start(camera, mayHear && withSound)}>{t("field.start")}</Button>
        : <Button look="live" size="big" onClick={sending.stop}>{t("field.stop")}</Button>}
      <State sending={sending} />
      <p className="note">{t("field.who")}{!(mayHear && withSound) && ` ${t("field.no_sound")}`}</p>
    </section>
  );
}

function State({ sending }: { sending: Sending }) {
  const { t } = useTranslation();
  const { state, viewers, fault, located } = sending;
  return (
    <div className="stack tight" role="status">
      {state !== "off" && (
        <p className="row">
          <span className={`chip ${state === "sending" ? "live" : "warn"}`}>{t(`field.state_${state}`)}</span>
          {state === "sending" && <strong className="num">{t("field.watched", { count: viewers })}</strong>}
        </p>
      )}
      {state === "sending" && located !== undefined && (
        <p className="small muted">{t(located ? "field.located" : "field.not_located")}</p>
      )}
      {fault && (
        <p className="note bad" role="alert">
          {fault.kind === "problem" ? problemText(t, fault.problem) : t(`field.fault_${fault.kind}`)}
        </p>
      )}
    </div>
  );
}
