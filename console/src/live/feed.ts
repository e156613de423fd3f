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
import type { Speeds } from "./turn-pad";
import { parsePiece, type Piece } from "./wire";

const RENEW_MS = 25_000;
const MAX_DIALS = 5;

export interface FeedEvents {
  onStage: (stage: "edge" | "live" | "lost") => void;
  /** How the camera itself is: "online", "silent", "offline" and the like. */
  onCamera: (state: string) => void;
  /** May the camera be turned ("allowed"), or why the last word did not count. */
  onTurning: (state: string) => void;
  onCodec: (codec: string) => void;
  onPiece: (piece: Piece) => void;
  onEnd: (reason: string) => void;
}

export interface FeedSettings {
  answer: OpeningAnswer;
  holder: StoredKey;
  /** A fresh ticket, or the reason why there is none. */
  renew: () => Promise<{ ticket: string } | { refused: string }>;
  events: FeedEvents;
}

interface Said { type?: string; state?: string; nonce?: string; stage?: string; codec?: string; reason?: string; kind?: string }

export class Feed {
  private socket: WebSocket | undefined;
  private ticket: string;
  private timer: ReturnType<typeof setInterval> | undefined;
  private dials = 0;
  private over = false;
  private began = false;

  constructor(private readonly settings: FeedSettings) {
    this.ticket = settings.answer.ticket;
    this.dial();
    this.timer = setInterval(() => void this.renew(), RENEW_MS);
  }

  /** Turn the camera so; to be said again while it shall go on. */
  turn(speeds: Speeds): void {
    if (this.over || this.socket?.readyState !== WebSocket.OPEN) return;
    this.socket.send(JSON.stringify({ type: "ptz", ...speeds }));
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
    const piece = parsePiece(data);
    if (!piece || this.over) return;
    this.dials = 0;
    this.began = true;
    this.settings.events.onPiece(piece);
  }

  private async hear(socket: WebSocket, said: Said): Promise<void> {
    if (this.over) return;
    const { events } = this.settings;
    if (said.type === "challenge" && said.nonce) await this.present(socket, said.nonce);
    else if (said.type === "stage" && (said.stage === "edge" || said.stage === "live")) events.onStage(said.stage);
    else if (said.type === "init" && said.codec) events.onCodec(said.codec);
    else if (said.type === "end") this.farewell(said.reason ?? "closed");
    else if (said.type === "ptz" && said.state) events.onTurning(said.state);
    else if (said.type === "camera" && said.state) events.onCamera(said.state);
    // Before the first picture an error is a refusal; later it says that a renewal failed, and the end will follow.
    else if (said.type === "error" && !this.began) this.farewell("refused");
  }

  private async present(socket: WebSocket, nonce: string): Promise<void> {
    const { answer, holder } = this.settings;
    const message = join(utf8("consentry-holder-v1\n"), fromB64(nonce), fromB64(this.ticket));
    const signature = toB64(await signBytes(holder, message));
    socket.send(JSON.stringify({
      type: "present", opening: answer.opening, ticket: this.ticket, holder_key: toB64(holder.point), signature,
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
    if (this.dials >= MAX_DIALS) return this.end("connection");
    setTimeout(() => {
      if (this.over) return;
      void this.renew().then(() => {
        if (!this.over) this.dial();
      });
    }, 400 * 2 ** this.dials);
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
