/** The device's camera, its place and the sending of both, for a page. */
import { useEffect, useRef, useState, type RefObject } from "react";
import { Push, type PushFault, type PushState } from "./push";

export interface Sending {
  state: PushState | "off";
  viewers: number;
  fault: PushFault | undefined;
  /** Is the place told? Undefined before anything is known. */
  located: boolean | undefined;
  start: (camera: string, withSound: boolean) => Promise<void>;
  stop: () => void;
}

/** The map takes a place of ten seconds ago for an old one. */
const LOCATE_MS = 3_000;

/** Parts that must be let go of at the end. */
interface Held { push?: Push; stream?: MediaStream; locating?: ReturnType<typeof setInterval>; awake?: WakeLockSentinel }

export function useSending(video: RefObject<HTMLVideoElement | null>): Sending {
  const [state, setState] = useState<PushState | "off">("off");
  const [viewers, setViewers] = useState(0);
  const [fault, setFault] = useState<PushFault>();
  const [located, setLocated] = useState<boolean>();
  const held = useRef<Held>({});

  useEffect(() => {
    const parts = held.current;
    return () => letGo(parts);
  }, []);

  function stop() {
    letGo(held.current);
    if (video.current) video.current.srcObject = null;
    setState("off");
    setViewers(0);
    setLocated(undefined);
  }

  async function start(camera: string, withSound: boolean) {
    setFault(undefined);
    setState("starting");
    const stream = await openCamera(withSound);
    if (!stream) {
      setState("off");
      return setFault({ kind: "camera-denied" });
    }
    const parts = held.current;
    parts.stream = stream;
    if (video.current) video.current.srcObject = stream;
    const push = parts.push = new Push(camera, stream, {
      onState: setState, onWatched: setViewers,
      onFault: (what) => {
        stop();
        setFault(what);
      },
    });
    // Asked again and again, not watched: a device that stands still is told of nothing new, and its place would fade.
    const locate = () => navigator.geolocation?.getCurrentPosition(
      (position) => {
        if (held.current.push !== push) return;
        setLocated(true);
        push.locate(position);
      },
      () => setLocated(false), { enableHighAccuracy: true, maximumAge: 1_000, timeout: 2 * LOCATE_MS },
    );
    locate();
    parts.locating = setInterval(locate, LOCATE_MS);
    // A screen that goes dark stops the camera. Where this is not known the page still works while one looks at it.
    parts.awake = await navigator.wakeLock?.request("screen").catch(() => undefined);
  }

  return { state, viewers, fault, located, start, stop };
}

function letGo(held: Held): void {
  held.push?.stop();
  held.stream?.getTracks().forEach((track) => track.stop());
  clearInterval(held.locating);
  void held.awake?.release();
  held.push = held.stream = held.locating = held.awake = undefined;
}

/** The camera at the back; the microphone only where it was asked for. A device without one sends its picture alone. */
async function openCamera(withSound: boolean): Promise<MediaStream | undefined> {
  const video = { facingMode: { ideal: "environment" }, width: { ideal: 1280 }, height: { ideal: 720 }, frameRate: { ideal: 25 } };
  const media = navigator.mediaDevices;
  const both = withSound ? await media?.getUserMedia({ video, audio: true }).catch(() => undefined) : undefined;
  return both ?? media?.getUserMedia({ video, audio: false }).catch(() => undefined);
}
