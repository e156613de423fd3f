import { useEffect, useRef, useState } from "react";
import { useTranslation } from "react-i18next";
import { api, type Problem } from "../api/client";
import { Show, useLoaded } from "../api/loaded";
import type { AskSession, LiveSession } from "../api/types";
import { codeText } from "../app/codes";
import { clock, span, useNow } from "../app/format";
import { problemText } from "../app/problem";
import { Button } from "../design/button";
import { KeepButton } from "./keep";
import { useLook, type LookState, type Sounding } from "./look";
import { TurnPad } from "./turn-pad";
import type { ViewCone } from "../map/geometry";
import "./live.css";

interface Props { ask: string; session: LiveSession; onDismiss: () => void }

interface SessionProps extends Omit<Props, "session"> { session: AskSession; onPlace: (session: string, place: ViewCone | null) => void }

/** A session of an ask, as soon as it can be read. */
export function SessionTile({ session, onPlace, ...rest }: SessionProps) {
  const live = useLoaded<LiveSession>(`/live/sessions/${session.id}`, {
    refetchInterval: 10_000, keep: true, holds: true, isSettled: (known) => known.stage === "ended",
  });
  const place = live.state === "ready" && live.data.stage !== "ended" ? live.data.place : null;
  useEffect(() => {
    onPlace(session.id, place);
    return () => onPlace(session.id, null);
  }, [onPlace, session.id, place]);
  return <Show of={live} lines={2}>{(data) => <Tile session={data} {...rest} />}</Show>;
}

/** One camera under one grant: the picture with its mark, what it waits for, how long it has, why it ended. */
export function Tile({ ask, session, onDismiss }: Props) {
  const { t } = useTranslation();
  const video = useRef<HTMLVideoElement>(null);
  const { look, change } = useLook(ask, session, video);
  const [problem, setProblem] = useState<Problem>();
  const isOver = look.at === "ended";
  const label = session.klass === "public"
    ? session.camera_label
    : t("live.private_at", { metres: session.distance_m });

  async function act(path: string) {
    const done = await api("POST", path);
    setProblem(done.ok ? undefined : done.problem);
  }

  return (
    <article className={`tile ${look.at}`} aria-label={label}>
      <div className="tile-glass">
        <video ref={video} muted playsInline hidden={isOver} aria-label={label} />
        {look.at === "live" && <Mark text={session.mark} />}
        {look.at === "live" && look.camera !== "online" && (
          <div className="tile-cover" role="status"><strong>{t("shell.camera_silent")}</strong><span className="small">{codeText(t, "health", look.camera)}</span></div>
        )}
        {look.at === "live" && look.turning && (
          <TurnPad label={label} state={look.turning.state} onTurn={look.turning.turn} presets={look.turning.presets} onGo={look.turning.go} />
        )}
        {look.at === "ended" && <Ended reason={look.reason} />}
        {look.at !== "live" && look.at !== "ended" && <Waiting look={look} />}
      </div>
      <footer className="tile-foot">
        <div className="tile-name">
          <strong>{label}</strong>
          <Vital look={look} session={session} onChange={change} />
        </div>
        <div className="row tile-acts">
          {!isOver && <KeepButton session={session} />}
          {!isOver && (
            <Button size="small" onClick={() => void act(`/grants/${session.grant}/extend`)}>{t("live.extend")}</Button>
          )}
          {isOver
            ? <Button size="small" onClick={onDismiss}>{t("live.dismiss")}</Button>
            : <Button size="small" onClick={() => void act(`/live/sessions/${session.id}/end`)}>{t("live.end")}</Button>}
        </div>
        {problem && <p className="note bad small" role="alert">{problemText(t, problem)}</p>}
      </footer>
    </article>
  );
}

/** Latency, time left and by which way the picture comes, in figures that do not jump. */
function Vital({ look, session, onChange }: { look: LookState; session: LiveSession; onChange: () => void }) {
  const { t, i18n } = useTranslation();
  const now = useNow();
  if (look.at === "ended") return null;
  const left = (new Date(session.expires_at).getTime() - now) / 1000;
  const latency = look.at === "live" && look.latencyMs !== undefined
    ? t("live.latency", { seconds: (look.latencyMs / 1000).toLocaleString(i18n.language, {
      minimumFractionDigits: 2, maximumFractionDigits: 2 }) })
    : "";
  return (
    <span className="tile-vital num small muted">
      <span className={left < 60 ? "soon" : ""}>{t("live.left", { time: span(left) })}</span>
      {latency && <span title={t("live.latency_title")}>{latency}</span>}
      {look.at === "live" && (
        <button type="button" className="tile-way" title={t("live.way_title")} onClick={onChange}>
          {t(`live.way_${look.way}`)}
        </button>
      )}
      {look.at === "live" && look.quality && (
        <span role="status">{t(`live.quality_${look.quality.why}_${look.quality.level}`)}</span>
      )}
      {look.at === "live" && look.warnings.map((word) => (
        <span key={word} role="status" className="soon">{codeText(t, "health", word)}</span>
      ))}
      {look.at === "live" && look.sound && <SoundButton sound={look.sound} />}
    </span>
  );
}

/** Off until it is pressed: nobody is heard by surprise. */
function SoundButton({ sound }: { sound: Sounding }) {
  const { t } = useTranslation();
  if (sound.by) return <span>{t(`live.sound_by_${sound.by}`)}</span>;
  return (
    <button type="button" className="tile-way" title={t("live.sound_title")} aria-pressed={sound.on} onClick={() => sound.listen(!sound.on)}>
      {t(sound.on ? "live.sound_mute" : "live.sound_listen")}
    </button>
  );
}

/** Who looks, under which grant, when: over the picture, on every screenshot. */
function Mark({ text }: { text: string }) {
  const { i18n } = useTranslation();
  const now = useNow();
  const line = `${text} · ${clock(now, i18n.language)}`;
  return (
    <div className="tile-mark num" aria-hidden="true">
      <span>{line}</span>
      <span>{line}</span>
    </div>
  );
}

function Waiting({ look }: { look: LookState }) {
  const { t } = useTranslation();
  const [since] = useState(() => Date.now());
  const now = useNow(250);
  const stage = look.at === "logging" ? "logging" : "connecting";
  return (
    <div className="tile-cover" role="status">
      <span className="spin" aria-hidden="true" />
      <strong>{t(`live.stage_${stage}`)}</strong>
      <span className="num small" aria-hidden="true">{t("live.seconds", { count: Math.floor((now - since) / 1000) })}</span>
    </div>
  );
}

const OWN_WORDS = ["codec", "other_device", "player", "offline", "unavailable", "not-found"] as const;

function Ended({ reason }: { reason: string }) {
  const { t, i18n } = useTranslation();
  const [at] = useState(() => Date.now());
  const own = OWN_WORDS.find((word) => word === reason);
  return (
    <div className="tile-cover ended" role="status">
      <strong>{own ? t(`live.end_${own}`) : codeText(t, "end", reason)}</strong>
      <span className="small">{t("live.ended_at", { time: clock(at, i18n.language) })}</span>
    </div>
  );
}
