import { useEffect, useRef, useState, type KeyboardEvent } from "react";
import { useTranslation } from "react-i18next";
import type { Preset } from "./presets";

export interface Speeds { pan: number; tilt: number; zoom: number }

const STILL: Speeds = { pan: 0, tilt: 0, zoom: 0 };
const SPEED = 0.5;
/** The camera stands 0.7 s after the last word: say it again well before that while the key is held. */
const REPEAT_MS = 250;

const WAYS = [
  { way: "up", key: "ArrowUp", sign: "▲", speeds: { ...STILL, tilt: SPEED } },
  { way: "left", key: "ArrowLeft", sign: "◀", speeds: { ...STILL, pan: -SPEED } },
  { way: "right", key: "ArrowRight", sign: "▶", speeds: { ...STILL, pan: SPEED } },
  { way: "down", key: "ArrowDown", sign: "▼", speeds: { ...STILL, tilt: -SPEED } },
  { way: "in", key: "+", sign: "+", speeds: { ...STILL, zoom: SPEED } },
  { way: "out", key: "-", sign: "−", speeds: { ...STILL, zoom: -SPEED } },
] as const;

interface Props {
  onTurn: (speeds: Speeds) => void; state: string; label: string;
  presets?: readonly Preset[]; onGo?: (preset: string) => void;
}

/** Turns the camera while a button or an arrow key is held; letting go, leaving or looking away stops it. */
export function TurnPad({ onTurn, state, label, presets = [], onGo }: Props) {
  const { t } = useTranslation();
  const [held, setHeld] = useState<string>();
  const say = useRef(onTurn);
  useEffect(() => {
    say.current = onTurn;
  }, [onTurn]);

  useEffect(() => {
    const found = WAYS.find((one) => one.way === held);
    if (!found) return;
    const stop = () => setHeld(undefined);
    say.current(found.speeds);
    const timer = setInterval(() => say.current(found.speeds), REPEAT_MS);
    window.addEventListener("blur", stop);
    return () => {
      clearInterval(timer);
      window.removeEventListener("blur", stop);
      say.current(STILL);
    };
  }, [held]);

  function press(event: KeyboardEvent) {
    const found = WAYS.find((one) => one.key === event.key);
    if (!found) return;
    event.preventDefault();
    if (!event.repeat) setHeld(found.way);
  }

  const refused = state && state !== "allowed" ? t(`live.turn_${state === "busy" ? "busy" : "refused"}`) : "";
  return (
    <div className="turn" role="toolbar" aria-label={t("live.turn_of", { camera: label })} onKeyDown={press}
      onKeyUp={() => setHeld(undefined)} onBlur={() => setHeld(undefined)}>
      {WAYS.map(({ way, sign }) => (
        <button key={way} type="button" className={`turn-${way}`} aria-label={t(`live.turn_${way}`)}
          aria-pressed={held === way}
          onPointerDown={() => setHeld(way)} onPointerUp={() => setHeld(undefined)}
          onPointerLeave={() => setHeld(undefined)} onPointerCancel={() => setHeld(undefined)}
          onKeyDown={(event) => (event.key === "Enter" || event.key === " ") && !event.repeat && setHeld(way)}>
          <span aria-hidden="true">{sign}</span>
        </button>
      ))}
      {presets.length > 0 && (
        <select className="turn-to" aria-label={t("live.turn_to_of")} value="" onKeyDown={(event) => event.stopPropagation()}
          onChange={(event) => onGo?.(event.target.value)}>
          <option value="" disabled>{t("live.turn_to")}</option>
          {presets.map(({ token, name }) => <option key={token} value={token}>{name || token}</option>)}
        </select>
      )}
      <span className="vh" role="status">{refused}</span>
      {refused && <span className="small turn-said" aria-hidden="true">{refused}</span>}
    </div>
  );
}
