/** One look as the tile shows it: from logged to live to ended. */
import { useEffect, useRef, useState, type RefObject } from "react";
import { api } from "../api/client";
import type { LiveSession } from "../api/types";
import { findHolderKey } from "../crypto/keys";
import { Feed } from "./feed";
import { openingOf } from "./opening";
import type { Speeds } from "./turn-pad";
import { canPlay, Screen } from "./screen";

export type LookState =
  | { at: "logging" | "connecting" | "edge" }
  | { at: "live"; latencyMs: number | undefined; camera: string; turning: Turning | undefined }
  | { at: "ended"; reason: string };

/** There only where the owner allows that the camera is turned. `state`: "allowed", or why the last word did not count. */
export interface Turning { state: string; turn: (speeds: Speeds) => void }

interface Running { feed?: Feed; screen?: Screen; gone: boolean }

/** Open the look: the server answers once its commitment is in the log. Hang up when the tile goes. */
export function useLook(ask: string, session: LiveSession, video: RefObject<HTMLVideoElement | null>): LookState {
  const [state, setState] = useState<LookState>({ at: "logging" });
  const running = useRef<Running>({ gone: false });
  const isOver = session.stage === "ended";
  const serverEnd = isOver ? (session.end_reason ?? "closed") : undefined;

  useEffect(() => {
    const element = video.current;
    if (isOver || !element) return;
    const now: Running = { gone: false };
    running.current = now;
    void start(ask, session.id, element, now, setState);
    return () => stop(now);
  }, [ask, isOver, session.id, video]);

  useEffect(() => {
    if (!serverEnd) return;
    stop(running.current);
    setState({ at: "ended", reason: serverEnd });
  }, [serverEnd]);

  return state;
}

function stop(running: Running): void {
  running.gone = true;
  running.feed?.close();
  running.screen?.close();
}

type Tell = (state: LookState) => void;

async function start(ask: string, id: string, video: HTMLVideoElement, now: Running, tell: Tell): Promise<void> {
  tell({ at: "logging" });
  const holder = await findHolderKey(ask);
  if (now.gone) return;
  if (!holder) return tell({ at: "ended", reason: "other_device" });
  const answer = await openingOf(id, () => now.gone);
  if (now.gone) return;
  if (!answer.ok) return tell({ at: "ended", reason: answer.problem.kind });
  tell({ at: "connecting" });
  const end = (reason: string) => {
    stop(now);
    tell({ at: "ended", reason });
  };
  let camera = "online";
  let turning: Turning | undefined;
  const live = (latencyMs: number | undefined) => tell({ at: "live", latencyMs, camera, turning });
  const show = (codec: string) => {
    if (!canPlay(codec)) return end("codec");
    now.screen?.close();
    now.screen = new Screen(video, codec, {
      onFirstFrame: () => live(undefined),
      onLatency: live,
      onFault: () => end("player"),
    });
  };
  now.feed = new Feed({
    answer: answer.data, holder, renew: () => renew(id),
    events: {
      onStage: (stage) => stage !== "live" && tell({ at: stage === "edge" ? "edge" : "connecting" }),
      onCamera: (state) => {
        camera = state;
        if (state !== "online") live(undefined);
      },
      onTurning: (state) => {
        if (state === "allowed" || turning) turning = { state, turn: (speeds) => now.feed?.turn(speeds) };
      },
      onCodec: show,
      onPiece: (piece) => now.screen?.push(piece),
      onEnd: end,
    },
  });
}

async function renew(id: string): Promise<{ ticket: string } | { refused: string }> {
  const answer = await api<{ ticket: string }>("POST", `/live/sessions/${id}/renew`, {});
  if (answer.ok) return answer.data;
  const ended = await api<LiveSession>("GET", `/live/sessions/${id}`);
  return { refused: (ended.ok && ended.data.end_reason) || answer.problem.kind };
}
