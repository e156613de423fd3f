/** One look as the tile shows it: from logged to live to ended. */
import { useEffect, useRef, useState, type RefObject } from "react";
import { api } from "../api/client";
import type { LiveSession } from "../api/types";
import { findHolderKey } from "../crypto/keys";
import { Feed, type Way } from "./feed";
import { openingOf } from "./opening";
import { canPlay, Screen } from "./screen";

export type LookState =
  | { at: "logging" | "connecting" | "edge" }
  | { at: "live"; latencyMs: number | undefined; camera: string }
  | { at: "ended"; reason: string };

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
  const show = (codec: string) => {
    if (!canPlay(codec)) return end("codec");
    now.screen?.close();
    now.screen = new Screen(video, codec, {
      onFirstFrame: () => tell({ at: "live", latencyMs: undefined, camera }),
      onLatency: (latencyMs) => tell({ at: "live", latencyMs, camera }),
      onFault: () => end("player"),
    });
  };
  now.feed = new Feed({
    answer: answer.data, holder, renew: () => renew(id), move: (isUsed) => move(id, isUsed),
    events: {
      onStage: (stage) => stage !== "live" && tell({ at: stage === "edge" ? "edge" : "connecting" }),
      onCamera: (state) => {
        camera = state;
        if (state !== "online") tell({ at: "live", latencyMs: undefined, camera });
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

/** A gateway that is not there yet, or a web that is away for a moment, is no refusal. */
async function move(id: string, isUsed: boolean): Promise<Way> {
  const answer = await api<{ session: string }>("POST", `/live/sessions/${id}/move`, { is_used: isUsed });
  if (answer.ok) return { at: answer.data.session === id ? "here" : "elsewhere" };
  const ended = await api<LiveSession>("GET", `/live/sessions/${id}`);
  if (!ended.ok || ended.data.stage !== "ended") return { at: "unknown" };
  return ended.data.end_reason === "superseded" ? { at: "unknown" } : { refused: ended.data.end_reason ?? answer.problem.kind };
}
