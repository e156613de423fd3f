/**
 * One look at the gateway, whichever way its pictures come.
 *
 * It presents opening and ticket, renews the ticket while the look goes on, dials again when the connection (not the
 * look) ends, and goes over to the other way when one does not connect, stands still or cannot be played: the gateway
 * takes the same session over, so nobody sees a dead tile and the log sees one look.
 */
import type { OpeningAnswer } from "../api/types";
import type { StoredKey } from "../crypto/store";
import type { FeedEvents } from "./feed-events";
import { byHls } from "./hls";
import { byJanus } from "./janus";
import { isSealed, Opener } from "./sealed";
import { bySocket } from "./socket";
import type { Speeds } from "./turn-pad";
import { playsBesides } from "./screen";
import { qualityOf, warningsIn, WAYS, type Proof, type Said, type Way, type WayEvents, type WayName } from "./way";
import { byWebrtc, canWebrtc } from "./webrtc";
import { parsePiece, sealedOf, type Piece } from "./wire";

const RENEW_MS = 25_000;
/** Another gateway takes a city camera over within 10 s; who waits asks each second. */
const MAX_DIALS = 20;
const LAST_RETRY_MS = 1_000;
/** Without a picture for so long, of a camera that works, a way stands still. */
export const STALL_MS = 4_000;
/** Ends and refusals that say nothing of the look: the gateway lost its camera or its word, and another may show it. */
const ELSEWHERE = new Set(["moved", "lapsed", "camera-unknown", "edge-offline", "unavailable", "gateway-full", "edge:opening-used", "edge:silent"]);

const DIAL: Record<WayName, (proof: Proof, events: WayEvents) => Way> = { socket: bySocket, webrtc: byWebrtc, janus: byJanus, hls: byHls };

export interface FeedSettings {
  answer: OpeningAnswer;
  holder: StoredKey;
  /** The way to begin with. */
  way: WayName;
  /** A fresh ticket, or the reason why there is none. */
  renew: () => Promise<{ ticket: string } | { refused: string }>;
  /** Where to go on after the line was lost: here, at another session, not yet known, or nowhere. */
  move: (isUsed: boolean) => Promise<Onward>;
  events: FeedEvents;
}

export type Onward = { at: "here" | "elsewhere" | "unknown" } | { refused: string };

export class Feed {
  private way: Way | undefined;
  /** Closing a way ends the session at the gateway: old ones stay until the next has taken it over. */
  private retired: Way[] = [];
  private name: WayName;
  private ticket: string;
  private timers: ReturnType<typeof setInterval>[] = [];
  private dials = 0;
  private over = false;
  private began = false;
  private showing = false;
  private isUsed = false;
  private seenAt = Date.now();
  private cameraWorks = true;
  /** Of Janus until the gateway says that it has one. */
  private readonly unfit = new Set<WayName>(["janus"]);
  /** What showed nothing since the last picture. */
  private readonly failed = new Set<WayName>();
  private readonly opener: Opener | undefined;

  constructor(private readonly settings: FeedSettings) {
    this.ticket = settings.answer.ticket;
    this.name = settings.way;
    if (isSealed(this.ticket)) this.opener = new Opener((piece) => this.show(piece));
    // A gateway cannot packetise what it cannot read, nor cut it into parts.
    if (this.opener || !canWebrtc()) this.unfit.add("webrtc");
    if (this.opener) this.unfit.add("hls");
    this.dial();
    this.timers.push(setInterval(() => void this.renew(), RENEW_MS), setInterval(() => this.watch(), 500));
  }

  /** Turn the camera so; to be said again while it shall go on. */
  turn(wish: Speeds | { preset: string }): void {
    if (!this.over) this.way?.say({ type: "ptz", ...wish });
  }

  /** Hang up without a reason to tell. */
  close(): void {
    this.stop();
    this.way?.close();
    this.retire();
  }

  /** The way that it takes, or goes over to. */
  get next(): WayName {
    return this.name;
  }

  /** A picture is on the glass. */
  seen(): void {
    this.seenAt = Date.now();
    this.began = this.showing = true;
    this.dials = 0;
    this.failed.clear();
  }

  /** Go over to the next way: the user chose it, or this one cannot be played. */
  change(unfit = false): void {
    if (this.over) return;
    if (unfit) {
      this.unfit.add(this.name);
      if (this.other() === this.name) return this.end(this.began ? "player" : "codec");
      this.giveUp();
    } else {
      const from = WAYS.indexOf(this.name) + 1;
      this.name = [...WAYS.slice(from), ...WAYS.slice(0, from)].find((way) => !this.unfit.has(way)) ?? this.name;
    }
    this.redial(0);
  }

  private dial(): void {
    if (this.unfit.has(this.name)) this.giveUp();
    this.dials += 1;
    this.showing = false;
    this.seenAt = Date.now();
    const { answer, holder, events } = this.settings;
    events.onWay(this.name);
    const heard: WayEvents = {
      onSaid: (said) => this.way === mine && this.hear(said),
      onData: (data) => this.way === mine && this.take(data),
      onStream: (stream, sound) => this.way === mine && events.onStream(stream, sound),
      onClosed: (unfit) => this.way === mine && this.closed(unfit),
    };
    const proof = { answer, holder, ticket: this.ticket, besides: () => this.opener?.present(holder, this.ticket),
      plays: this.opener ? [] : playsBesides() }; // our own muxer writes H.264 alone
    const mine: Way = DIAL[this.name](proof, heard);
    this.way = mine;
  }

  /** Where to go when this way fails: one that was not tried since a picture was seen; this one when no other will do. */
  private other(): WayName {
    const fit = WAYS.filter((way) => way !== this.name && !this.unfit.has(way));
    return fit.find((way) => !this.failed.has(way)) ?? fit[0] ?? this.name;
  }

  private giveUp(): void {
    const other = this.other();
    if (this.failed.has(other)) this.failed.clear();
    this.failed.add(this.name);
    this.name = other;
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
    if (piece.kind === "fragment") this.seen();
    this.settings.events.onPiece(piece);
  }

  private hear(said: Said): void {
    if (this.over) return;
    const { events } = this.settings;
    if (said.type === "stage" && (said.stage === "edge" || said.stage === "live")) this.stage(said.stage);
    else if (said.type === "init" && said.codec) this.codec(said);
    else if (said.type === "sound" && said.codec) events.onSound(said.codec);
    else if (said.type === "key" && said.box) this.opener?.takeKey(said.box, String(this.settings.answer.opening.private["session"]));
    else if (said.type === "end") this.told(said.reason ?? "closed");
    else if (said.type === "quality") events.onQuality(qualityOf(said));
    else if (said.type === "warnings") events.onWarnings(warningsIn(said.words));
    else if (said.type === "ptz" && said.state) events.onTurning(said.state);
    else if (said.janus && this.dials <= 1 && !this.unfit.has("webrtc")) this.unfit.delete("janus");
    else if (said.type === "presets") events.onPresets(said.presets);
    else if (said.type === "camera" && said.state) this.camera(said.state);
    else if (said.type === "time" && said.rtp !== undefined && said.wall_us) events.onClock(said.rtp, said.wall_us / 1000);
    // Before the first picture an error is a refusal; later it says that a renewal failed, and the end will follow.
    else if (said.type === "error" && !this.showing) this.told(said.kind ?? "", said.kind === "codec" ? "codec" : "refused");
  }

  private codec(said: Said): void {
    this.opener?.shape({ width: said.width ?? 0, height: said.height ?? 0 });
    this.settings.events.onCodec(said.codec ?? "", this.name);
  }

  private stage(stage: "edge" | "live"): void {
    this.retire();
    this.seenAt = Date.now();
    // A home takes as long as it takes to answer; that is no fault of the way.
    this.cameraWorks = stage === "live";
    this.settings.events.onStage(stage);
  }

  private camera(state: string): void {
    this.seenAt = Date.now();
    this.cameraWorks = state === "online" || state === "connecting";
    this.settings.events.onCamera(state);
  }

  /** Does it stand still? A page that nobody sees is not drawn, so nothing can be said of it. */
  private watch(): void {
    if (document.hidden || !this.cameraWorks) this.seenAt = Date.now();
    else if (this.way && Date.now() - this.seenAt > STALL_MS && this.other() !== this.name) {
      if (this.dials >= MAX_DIALS) return this.end("connection");
      this.giveUp();
      this.redial(0);
    }
  }

  private async renew(): Promise<void> {
    const answer = await this.settings.renew();
    if (this.over) return;
    if ("refused" in answer) return this.end(answer.refused);
    this.ticket = answer.ticket;
    this.way?.say({ type: "renew", ticket: answer.ticket });
  }

  private closed(unfit: boolean): void {
    if (this.over) return;
    if (unfit) this.unfit.add(this.name);
    this.settings.events.onStage("lost");
    if (this.dials >= MAX_DIALS) return this.end("connection");
    // What showed pictures is tried once more, what never did is not.
    const before = this.name;
    if (!this.showing || this.unfit.has(before)) this.giveUp();
    const isFirst = this.name !== before && this.dials <= 1;
    this.redial(isFirst ? 0 : Math.min(400 * 2 ** this.dials, LAST_RETRY_MS));
  }

  private redial(afterMs: number): void {
    if (this.way) this.retired.push(this.way);
    this.way = undefined;
    setTimeout(() => void this.goOn(), afterMs);
  }

  /** Ask where the look goes on. At another session the tile starts anew by itself; this feed is done then. */
  private async goOn(): Promise<void> {
    if (this.over || this.way) return;
    const onward = await this.settings.move(this.isUsed);
    if (this.over || this.way) return;
    if ("refused" in onward) return this.end(onward.refused);
    if (onward.at === "elsewhere") return this.close();
    if (onward.at === "here") {
      await this.renew();
      if (!this.over && !this.way) this.dial();
      return;
    }
    this.dials += 1;
    if (this.dials >= MAX_DIALS) this.end("connection");
    else setTimeout(() => void this.goOn(), LAST_RETRY_MS);
  }

  private retire(): void {
    this.retired.forEach((way) => way.close());
    this.retired = [];
  }

  private stop(): void {
    this.over = true;
    this.timers.forEach(clearInterval);
  }

  /** The last word of a gateway: of the look, or only of itself; then the closing of the line leads elsewhere. */
  private told(word: string, reason = word): void {
    if (!ELSEWHERE.has(word)) return this.farewell(reason);
    this.isUsed = word === "edge:opening-used";
  }

  /** The gateway said the last word and closes; closing here too would cross its closing handshake. */
  private farewell(reason: string): void {
    if (this.over) return;
    this.stop();
    if (this.way?.name !== "socket") this.way?.close();
    this.retire();
    this.settings.events.onEnd(reason);
  }

  private end(reason: string): void {
    if (this.over) return;
    this.close();
    this.settings.events.onEnd(reason);
  }
}
