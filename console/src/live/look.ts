/** One look as the tile shows it: from logged to live to ended. */
import { useCallback, useEffect, useRef, useState, type RefObject } from "react";
import { api } from "../api/client";
import type { LiveSession } from "../api/types";
import { expectPicture, pictureCame } from "../app/awaited";
import { findHolderKey } from "../crypto/keys";
import { canHear, Ear, StreamEar } from "./ear";
import { Feed, type Onward } from "./feed";
import { Glass } from "./glass";
import { Held } from "./held";
import { openingOf } from "./opening";
import { presetsIn, type Preset } from "./presets";
import type { Speeds } from "./turn-pad";
import { AT_ONCE, BY_PARTS, canPlay, Screen } from "./screen";
import { WAYS, type Quality, type WayName } from "./way";

export type LookState =
  | { at: "logging" | "connecting" | "edge" }
  | { at: "live"; latencyMs: number | undefined; camera: string; way: WayName; turning: Turning | undefined; sound: Sounding | undefined; quality: Quality | undefined; warnings: readonly string[] }
  | { at: "ended"; reason: string };

/** There only where the owner allows that the camera is turned. `state`: "allowed", or why the last word did not count. */
export interface Turning { state: string; turn: (speeds: Speeds) => void; presets: readonly Preset[]; go: (preset: string) => void }

/** There only where the look may be heard. Off until the user turns it on. */
export interface Sounding {
  on: boolean;
  listen: (on: boolean) => void;
  /** The only way by which this camera can be heard, when it is not the one in use. */
  by?: Exclude<WayName, "hls" | "janus"> | undefined;
}

interface Running { feed?: Feed; screen?: Screen; glass?: Glass; held?: Held; ear?: Ear | StreamEar; sound?: MediaStream; way?: WayName; gone: boolean }

/** Which way the user chose last; looks begin with it. */
const CHOSEN = "consentry.way";

/** Open the look: the server answers once its commitment is in the log. Hang up when the tile goes. */
export function useLook(
  ask: string, session: LiveSession, video: RefObject<HTMLVideoElement | null>,
): { look: LookState; change: () => void } {
  const [state, setState] = useState<LookState>({ at: "logging" });
  const running = useRef<Running>({ gone: false });
  const isOver = session.stage === "ended";
  const serverEnd = isOver ? (session.end_reason ?? "closed") : undefined;

  useEffect(() => {
    const element = video.current;
    if (isOver || !element) return;
    const now: Running = { gone: false };
    running.current = now;
    expectPicture(session.id);
    void start(ask, session.id, element, now, setState);
    return () => {
      stop(now);
      pictureCame(session.id);
    };
  }, [ask, isOver, session.id, video]);

  useEffect(() => {
    if (!serverEnd) return;
    stop(running.current);
    // That nothing could be played is what the user needs to know; the server only saw the page leave.
    setState((before) => before.at === "ended" && before.reason === "codec" ? before : { at: "ended", reason: serverEnd });
  }, [serverEnd]);

  const change = useCallback(() => {
    running.current.feed?.change();
    if (running.current.feed) localStorage.setItem(CHOSEN, running.current.feed.next);
  }, []);
  return { look: state, change };
}

function chosenWay(): WayName {
  const chosen = localStorage.getItem(CHOSEN);
  return WAYS.find((way) => way === chosen) ?? "socket";
}

function stop(running: Running): void {
  running.gone = true;
  running.feed?.close();
  clear(running);
}

/** Nothing on the glass. */
function clear(running: Running): void {
  running.screen?.close();
  running.glass?.close();
  running.held?.drop();
  running.ear?.close();
  running.screen = running.glass = running.held = running.ear = undefined;
}

type Tell = (state: LookState) => void;

async function start(ask: string, id: string, video: HTMLVideoElement, now: Running, tell: Tell): Promise<void> {
  tell({ at: "logging" });
  const holder = await findHolderKey(ask);
  if (now.gone) return;
  const refuse = (reason: string) => {
    pictureCame(id);
    tell({ at: "ended", reason });
  };
  if (!holder) return refuse("other_device");
  const answer = await openingOf(id, () => now.gone);
  if (now.gone) return;
  if (!answer.ok) return refuse(answer.problem.kind);
  tell({ at: "connecting" });
  const end = (reason: string) => {
    stop(now);
    pictureCame(id);
    tell({ at: "ended", reason });
  };
  let camera = "online";
  let turning: Turning | undefined;
  let presets: readonly Preset[] = [];
  let sound: Sounding | undefined;
  let latency: number | undefined;
  let quality: Quality | undefined;
  let warnings: readonly string[] = [];
  const listen = (on: boolean) => {
    now.ear?.listen(on);
    sound = { on, listen };
    live(latency);
  };
  let way = chosenWay();
  const live = (latencyMs?: number) => {
    latency = latencyMs;
    tell({ at: "live", latencyMs, camera, way, turning, sound, quality, warnings });
  };
  const onFirstFrame = () => {
    now.held?.drop();
    live();
    pictureCame(id);
  };
  const shown = { onFirstFrame, onLatency: live, onFault: () => now.feed?.change(true) };
  now.feed = new Feed({
    answer: answer.data, holder, way, renew: () => renew(id), move: (isUsed) => move(id, isUsed),
    events: {
      onStage: (stage) => stage !== "live" && tell({ at: stage === "edge" ? "edge" : "connecting" }),
      onCamera: (state) => {
        camera = state;
        if (state !== "online") live();
      },
      onQuality: (told) => {
        quality = told;
        live(latency);
      },
      onWarnings: (words) => {
        warnings = words;
        if (latency !== undefined) live(latency); // before the first picture there is nothing on the glass to be wrong
      },
      onTurning: (state) => {
        if (state === "allowed" || turning) {
          turning = { state, presets, turn: (speeds) => now.feed?.turn(speeds), go: (preset) => now.feed?.turn({ preset }) };
        }
      },
      onPresets: (said) => {
        presets = presetsIn(said);
        if (turning) turning = { ...turning, presets };
        live(latency);
      },
      onCodec: (codec, by) => {
        if (by === "webrtc" || by === "janus") return;
        if (!canPlay(codec)) return now.feed?.change(true);
        now.held?.drop();
        now.held = now.screen && Held.of(video);
        now.screen?.close();
        now.screen = new Screen(video, codec, shown, by === "hls" ? BY_PARTS : AT_ONCE);
      },
      onPiece: (piece) => {
        if (piece.kind === "init" || piece.kind === "fragment") now.screen?.push(piece);
        else if (now.ear instanceof Ear) now.ear.push(piece);
      },
      onSound: (codec) => {
        now.ear?.close();
        now.ear = earFor(codec, way, now.sound);
        const by = codec.startsWith("mp4a") ? "socket" : "webrtc";
        sound = { on: false, listen, by: by === way ? undefined : by };
      },
      onStream: (stream, heard) => {
        now.sound = heard;
        now.glass = new Glass(video, stream, { ...shown, onFrame: () => now.feed?.seen() });
      },
      onClock: (rtp, wallMs) => now.glass?.setClock(rtp, wallMs),
      onWay: (name) => {
        way = now.way = name;
        sound = quality = undefined;
        warnings = [];
        clear(now);
      },
      onEnd: end,
    },
  });
}

/** Undefined where this browser cannot play it this way. */
function earFor(codec: string, way: WayName, stream: MediaStream | undefined): Ear | StreamEar | undefined {
  if (way === "socket") return canHear(codec) ? new Ear(codec) : undefined;
  return stream && !codec.startsWith("mp4a") ? new StreamEar(stream) : undefined;
}

async function renew(id: string): Promise<{ ticket: string } | { refused: string }> {
  const answer = await api<{ ticket: string }>("POST", `/live/sessions/${id}/renew`, {});
  if (answer.ok) return answer.data;
  const ended = await api<LiveSession>("GET", `/live/sessions/${id}`);
  return { refused: (ended.ok && ended.data.end_reason) || answer.problem.kind };
}

/** A gateway that is not there yet, or a web that is away for a moment, is no refusal. */
async function move(id: string, isUsed: boolean): Promise<Onward> {
  const answer = await api<{ session: string }>("POST", `/live/sessions/${id}/move`, { is_used: isUsed });
  if (answer.ok) return { at: answer.data.session === id ? "here" : "elsewhere" };
  const ended = await api<LiveSession>("GET", `/live/sessions/${id}`);
  if (!ended.ok || ended.data.stage !== "ended") return { at: "unknown" };
  return ended.data.end_reason === "superseded" ? { at: "unknown" } : { refused: ended.data.end_reason ?? answer.problem.kind };
}
