/**
 * One viewer's connection to the gateway: `consentry.view.1` of docs/design/rooms.md.
 *
 * The viewer presents opening and ticket itself, proves that it holds the session's key, renews the ticket while the
 * look goes on, and dials again when the connection (not the look) ends.
 */
import type { OpeningAnswer } from "../api/types";
import { fromB64, join, toB64, utf8 } from "../crypto/bytes";
import { signBytes } from "../crypto/keys";
import type { StoredKey } from "../crypto/store";
import { isSealed, Opener } from "./sealed";
import { parsePiece, sealedOf, type Piece } from "./wire";

const RENEW_MS = 25_000;
/** Another gateway takes a city camera over within 10 s; who waits asks each second. */
const MAX_DIALS = 20;
const LAST_RETRY_MS = 1_000;
/** Ends and refusals that say nothing of the look: the gateway lost its camera or its word, and another may show it. */
const ELSEWHERE = new Set(["moved", "lapsed", "camera-unknown", "edge-offline", "unavailable", "gateway-full", "edge:opening-used", "edge:silent"]);

export interface FeedEvents {
  onStage: (stage: "edge" | "live" | "lost") => void;
  /** How the camera itself is: "online", "silent", "offline" and the like. */
  onCamera: (state: string) => void;
  onCodec: (codec: string) => void;
  onPiece: (piece: Piece) => void;
  onEnd: (reason: string) => void;
}

export interface FeedSettings {
  answer: OpeningAnswer;
  holder: StoredKey;
  /** A fresh ticket, or the reason why there is none. */
  renew: () => Promise<{ ticket: string } | { refused: string }>;
  /** Where to go on after the line was lost: here, at another session, not yet known, or nowhere. */
  move: (isUsed: boolean) => Promise<Way>;
  events: FeedEvents;
}

export type Way = { at: "here" | "elsewhere" | "unknown" } | { refused: string };

interface Said { box?: string; width?: number; height?: number; type?: string; state?: string; nonce?: string; stage?: string; codec?: string; reason?: string; kind?: string }

export class Feed {
  private socket: WebSocket | undefined;
  private ticket: string;
  private timer: ReturnType<typeof setInterval> | undefined;
  private dials = 0;
  private over = false;
  private began = false;
  private isUsed = false;
  private readonly opener: Opener | undefined;

  constructor(private readonly settings: FeedSettings) {
    this.ticket = settings.answer.ticket;
    if (isSealed(this.ticket)) this.opener = new Opener((piece) => this.show(piece));
    this.dial();
    this.timer = setInterval(() => void this.renew(), RENEW_MS);
  }

  /** Hang up without a reason to tell. */
  close(): void {
    if (this.over) return;
    this.over = true;
    clearInterval(this.timer);
    this.socket?.close();
  }

  private dial(): void {
    this.dials += 1;
    const socket = new WebSocket(this.settings.answer.gateway_url, "consentry.view.1");
    this.socket = socket;
    socket.binaryType = "arraybuffer";
    socket.onmessage = (event) => {
      if (event.data instanceof ArrayBuffer) this.take(event.data);
      else void this.hear(socket, parseSaid(String(event.data)));
    };
    socket.onclose = () => this.closed(socket);
  }

  private take(data: ArrayBuffer): void {
    const sealed = sealedOf(data);
    if (sealed) return this.opener?.takeUnit(sealed);
    const piece = parsePiece(data);
    // A gateway that sends plain pictures of a sealed look sends its own.
    if (piece && !this.opener) this.show(piece);
  }

  private show(piece: Piece): void {
    if (this.over) return;
    this.dials = 0;
    this.began = true;
    this.settings.events.onPiece(piece);
  }

  private async hear(socket: WebSocket, said: Said): Promise<void> {
    if (this.over) return;
    const { events } = this.settings;
    if (said.type === "challenge" && said.nonce) await this.present(socket, said.nonce);
    else if (said.type === "stage" && (said.stage === "edge" || said.stage === "live")) events.onStage(said.stage);
    else if (said.type === "init" && said.codec) {
      this.opener?.shape({ width: said.width ?? 0, height: said.height ?? 0 });
      events.onCodec(said.codec);
    } else if (said.type === "key" && said.box) this.opener?.takeKey(said.box, String(this.settings.answer.opening.private["session"]));
    else if (said.type === "end") this.told(said.reason ?? "closed");
    else if (said.type === "camera" && said.state) events.onCamera(said.state);
    // Before the first picture an error is a refusal; later it says that a renewal failed, and the end will follow.
    else if (said.type === "error" && !this.began) this.told(said.kind ?? "", "refused");
  }

  private async present(socket: WebSocket, nonce: string): Promise<void> {
    const { answer, holder } = this.settings;
    const message = join(utf8("consentry-holder-v1\n"), fromB64(nonce), fromB64(this.ticket));
    const signature = toB64(await signBytes(holder, message));
    const box = await this.opener?.present(holder, this.ticket);
    socket.send(JSON.stringify({
      type: "present", opening: answer.opening, ticket: this.ticket, holder_key: toB64(holder.point), signature, ...box,
    }));
  }

  private async renew(): Promise<void> {
    const answer = await this.settings.renew();
    if (this.over) return;
    if ("refused" in answer) return this.end(answer.refused);
    this.ticket = answer.ticket;
    if (this.socket?.readyState === WebSocket.OPEN) {
      this.socket.send(JSON.stringify({ type: "renew", ticket: answer.ticket }));
    }
  }

  private closed(socket: WebSocket): void {
    if (this.over || socket !== this.socket) return;
    this.settings.events.onStage("lost");
    this.began = false;
    if (this.dials >= MAX_DIALS) return this.end("connection");
    setTimeout(() => void this.goOn(), Math.min(400 * 2 ** this.dials, LAST_RETRY_MS));
  }

  /** Ask where the look goes on. At another session the tile starts anew by itself; this feed is done then. */
  private async goOn(): Promise<void> {
    if (this.over) return;
    const way = await this.settings.move(this.isUsed);
    if (this.over) return;
    if ("refused" in way) return this.end(way.refused);
    if (way.at === "elsewhere") return this.close();
    if (way.at === "here") await this.renew();
    else this.dials += 1;
    if (this.over) return;
    if (way.at === "here") this.dial();
    else if (this.dials >= MAX_DIALS) this.end("connection");
    else setTimeout(() => void this.goOn(), LAST_RETRY_MS);
  }

  /** The last word of a gateway: of the look, or only of itself; then the closing of the line leads elsewhere. */
  private told(word: string, reason = word): void {
    if (!ELSEWHERE.has(word)) return this.farewell(reason);
    this.isUsed = word === "edge:opening-used";
  }

  /** The gateway said the last word and closes; closing here too would cross its closing handshake. */
  private farewell(reason: string): void {
    if (this.over) return;
    this.over = true;
    clearInterval(this.timer);
    this.settings.events.onEnd(reason);
  }

  private end(reason: string): void {
    if (this.over) return;
    this.close();
    this.settings.events.onEnd(reason);
  }
}

function parseSaid(text: string): Said {
  try {
    return JSON.parse(text) as Said;
  } catch {
    return {};
  }
}
