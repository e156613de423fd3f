/** The ways to a gateway, and what all give: words, and pictures as fMP4 pieces or as a stream. */
import type { OpeningAnswer } from "../api/types";
import { fromB64, join, toB64, utf8 } from "../crypto/bytes";
import { signBytes } from "../crypto/keys";
import type { StoredKey } from "../crypto/store";

export type WayName = "socket" | "webrtc" | "janus" | "hls";

/** In the order in which they are tried. */
export const WAYS: readonly WayName[] = ["socket", "webrtc", "janus", "hls"];

export interface Said {
  type?: string; state?: string; nonce?: string; stage?: string; codec?: string; reason?: string; kind?: string;
  level?: string; why?: string; rtp?: number; wall_us?: number; box?: string; width?: number; height?: number;
  presets?: unknown; janus?: boolean; words?: unknown;
}

/** Less than all of a camera: its smaller stream, or few pictures; for a weak line, here or at the home, or since this browser plays no more. */
export interface Quality { level: "small" | "few"; why: "line" | "codec" | "home" }

export function qualityOf(said: Said): Quality | undefined {
  if (said.level !== "small" && said.level !== "few") return undefined;
  return { level: said.level, why: said.why === "codec" || said.why === "home" ? said.why : "line" };
}

/** What is wrong with the pictures, as words of `codes.health`; anything else in the list is passed over. */
export function warningsIn(words: unknown): readonly string[] {
  return Array.isArray(words) ? words.filter((word): word is string => typeof word === "string").slice(0, 4) : [];
}

export interface WayEvents {
  onSaid: (said: Said) => void;
  /** A binary message of the WebSocket. */
  onData: (data: ArrayBuffer) => void;
  /** WebRTC: what to show, and apart from it what may be heard; that stays empty where the look may not. */
  onStream: (stream: MediaStream, sound: MediaStream) => void;
  /** It is over without a word; `unfit` says that this way will not do for this camera and browser. */
  onClosed: (unfit: boolean) => void;
}

export interface Way {
  readonly name: WayName;
  /** Send a text message, if the connection stands. */
  say: (message: object) => void;
  close: () => void;
}

export interface Proof {
  answer: OpeningAnswer; holder: StoredKey; ticket: string;
  /** What a sealed look presents besides. */
  besides: () => Promise<object> | undefined;
  /** How pictures may be coded beside H.264. */
  plays: readonly string[];
}

/** What the gateway checks: the opening, the ticket, and that we hold the session's key, by its own nonce. */
export async function present(proof: Proof, nonce: string): Promise<object> {
  const message = join(utf8("consentry-holder-v1\n"), fromB64(nonce), fromB64(proof.ticket));
  const signature = toB64(await signBytes(proof.holder, message));
  const besides = await proof.besides();
  return {
    type: "present", opening: proof.answer.opening, ticket: proof.ticket, holder_key: toB64(proof.holder.point), signature,
    plays: proof.plays,
    ...besides,
  };
}

export function parseSaid(text: string): Said {
  try {
    return JSON.parse(text) as Said;
  } catch {
    return {};
  }
}

/** A nonce to sign, of a door that speaks HTTP; what else it says of the gateway is heard too. */
export async function challenge(base: string, events: WayEvents): Promise<string> {
  const answer = await fetch(`${base}/challenge`, { method: "POST", credentials: "omit" });
  const said = await answer.json() as Said;
  if (!said.nonce) throw new Error("no challenge");
  events.onSaid({ ...said, type: "challenge" });
  return said.nonce;
}
