/** An own look as a page uses it: opened by a tap, shown on a video element, closed when the page goes. */
import { useCallback, useEffect, useRef, useState, type RefObject } from "react";
import { OwnGlass } from "./own-glass";
import { OwnLine, type Answer } from "./own-line";

export type LineState =
  | { at: "idle" | "dialling" | "open" }
  | { at: "ended"; reason: string };

export interface OwnView {
  state: LineState;
  /** What is on the glass. */
  showing: "" | "live" | "play";
  /** How the camera is, "" while nobody said otherwise. */
  camera: string;
  /** How old the picture on the glass is; undefined while it is not known. */
  latencyMs: number | undefined;
  video: RefObject<HTMLVideoElement | null>;
  /** Open it, or give the one that is open; undefined when it may not be. */
  open: () => Promise<OwnLine | undefined>;
  /** Pictures of now, or of a span; why not, or "". */
  show: (what: "live" | "play", span?: { from: number; to: number }) => Promise<string>;
  stop: () => Promise<void>;
  close: () => void;
}

interface Running { line?: OwnLine; glass?: OwnGlass; opening?: Promise<OwnLine | undefined> }

export function useOwnLine(camera: string, person: string): OwnView {
  const video = useRef<HTMLVideoElement>(null);
  const running = useRef<Running>({});
  const [state, setState] = useState<LineState>({ at: "idle" });
  const [showing, setShowing] = useState<OwnView["showing"]>("");
  const [health, setHealth] = useState("");
  const [latencyMs, setLatency] = useState<number>();

  const clear = useCallback(() => {
    running.current.glass?.close();
    running.current.line?.close();
    running.current = {};
    setShowing("");
    setLatency(undefined);
  }, []);

  useEffect(() => clear, [camera, clear]);

  const dial = useCallback(async (): Promise<OwnLine | undefined> => {
    setState({ at: "dialling" });
    const mine: Running = running.current;
    const line = await OwnLine.open(camera, person, {
      onUnit: (unit) => mine.glass?.take(unit),
      onSaid: (answer: Answer) => {
        if (answer.pictures) mine.glass?.begin(answer.pictures);
        if (answer.camera) setHealth(answer.camera === "online" ? "" : answer.camera);
        if (answer.end) setShowing("");
      },
      onEnd: (reason) => {
        clear();
        setState({ at: "ended", reason });
      },
    });
    if (running.current !== mine) {
      if (line instanceof OwnLine) line.close();
      return undefined;
    }
    if (!(line instanceof OwnLine)) {
      running.current = {};
      setState({ at: "ended", reason: line.refused });
      return undefined;
    }
    mine.line = line;
    setState({ at: "open" });
    return line;
  }, [camera, clear, person]);

  const open = useCallback(async (): Promise<OwnLine | undefined> => {
    const now = running.current;
    if (now.line) return now.line;
    now.opening ??= dial();
    return now.opening;
  }, [dial]);

  const show = useCallback(async (what: "live" | "play", span?: { from: number; to: number }): Promise<string> => {
    const line = await open();
    if (!line || !video.current) return "";
    running.current.glass ??= new OwnGlass(video.current, {
      onFirstFrame: () => undefined, onLatency: setLatency, onFault: () => clear(),
    });
    setLatency(undefined);
    setShowing(what);
    const answer = await line.ask(what, span ? { from: span.from, to: span.to } : {});
    if (answer.error) setShowing("");
    return answer.error ?? "";
  }, [clear, open]);

  const stop = useCallback(async () => {
    await running.current.line?.ask("stop");
    running.current.glass?.close();
    setShowing("");
  }, []);

  const close = useCallback(() => {
    clear();
    setState({ at: "idle" });
  }, [clear]);

  return { state, showing, camera: health, latencyMs, video, open, show, stop, close };
}
