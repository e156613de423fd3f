/**
 * Shows fMP4 pieces of one codec in a video element with little delay.
 *
 * The first picture lies just after the element's own zero, so that it is decoded as it comes and no seek stands before it. The
 * cached pictures are shown at once, then it seeks a single time to the live edge; from then on it speeds up a
 * little when behind and seeks again only above `max_s`. Latency is measured: the wall clock at which a frame
 * is displayed, less the wall clock at which it was captured.
 */
import { join } from "../crypto/bytes";
import { decodeTimeOf, showTimeOf, timescaleOf, type Piece } from "./wire";

/** How far behind the newest picture it plays, and where it seeks again. */
export interface Behind { target_s: number; max_s: number }

/** Pictures that come one by one. */
export const AT_ONCE: Behind = { target_s: 0.1, max_s: 0.6 };
/** Pictures that come half a second at once: one part in hand, and room for a late one. */
export const BY_PARTS: Behind = { target_s: 0.7, max_s: 2.5 };
const KEEP_S = 8;
const SETTLE_MS = 300;
/** Nearer than this, two times are the same picture's. */
const CLOSE_S = 0.005;

/** The first picture lies 1 to 2 ms after the element's zero. */
const LEAD_MS = 1;

type SourceType = typeof MediaSource;

function sourceType(): SourceType | undefined {
  const scope = globalThis as { ManagedMediaSource?: SourceType; MediaSource?: SourceType };
  return scope.ManagedMediaSource ?? scope.MediaSource;
}

export function canPlay(codec: string): boolean {
  return sourceType()?.isTypeSupported(`video/mp4; codecs="${codec}"`) ?? false;
}

/** What this browser plays beside H.264, in the gateway's words: H.265 of the common kind (Main, level 4). */
export function playsBesides(): string[] {
  return canPlay("hvc1.1.6.L120.B0") ? ["h265"] : [];
}

/**
 * The zero of an element whose first picture is decoded at `ticks`, s. A browser counts in µs and rounds the picture's
 * time and the offset each for itself: on zero itself two pictures of five fell a µs before it, were thrown away as
 * outside the window, and with them all that came before the next key frame.
 */
export function zeroBefore(ticks: number, timescale: number): number {
  return (Math.floor((ticks * 1_000) / timescale) - LEAD_MS) / 1_000;
}

/**
 * Where the stream is now, s. The first picture after a gap in the stream has that gap as its length too, until the next one
 * comes: who goes to its end stands in a time that is yet to come, and sees a still picture until that has come.
 */
export function liveEdge(end: number, newest: number, behind: Behind): number {
  return Math.min(end, newest + behind.target_s);
}

export interface ScreenEvents {
  onFirstFrame: () => void;
  onLatency: (ms: number) => void;
  onFault: () => void;
}

export class Screen {
  private readonly source: MediaSource;
  private buffer: SourceBuffer | undefined;
  private queue: Uint8Array<ArrayBuffer>[] = [];
  private timescale = 0;
  /** The camera's time just before the first picture, which is the element's zero. */
  private zero_s: number | undefined;
  private times: { media: number; wallMs: number }[] = [];
  /** When the newest picture is shown, s. */
  private newest_s = 0;
  private settled = false;
  private closed = false;
  private frames = 0;
  private saidAt = 0;

  constructor(
    private readonly video: HTMLVideoElement, private readonly codec: string, private readonly events: ScreenEvents,
    private readonly behind: Behind = AT_ONCE,
  ) {
    const Source = sourceType();
    if (!Source) throw new Error("this browser has no MediaSource");
    this.source = new Source();
    video.disableRemotePlayback = true;
    video.src = URL.createObjectURL(this.source);
    this.source.addEventListener("sourceopen", () => this.openBuffer());
    this.watchFrames();
  }

  push(piece: Piece): void {
    if (piece.kind === "init") this.timescale = timescaleOf(piece.bytes);
    else this.remember(piece);
    this.queue.push(piece.bytes);
    this.pump();
  }

  /** Drop everything, the picture on the glass included. */
  close(): void {
    this.closed = true;
    this.queue = [];
    URL.revokeObjectURL(this.video.src);
    this.video.removeAttribute("src");
    this.video.load();
  }

  private openBuffer(): void {
    if (this.buffer || this.source.readyState !== "open" || this.closed) return;
    this.source.duration = Infinity;
    this.buffer = this.source.addSourceBuffer(`video/mp4; codecs="${this.codec}"`);
    this.buffer.addEventListener("updateend", () => {
      this.follow();
      this.pump();
    });
    this.buffer.addEventListener("error", () => this.events.onFault());
    this.pump();
  }

  private pump(): void {
    if (!this.buffer || this.buffer.updating || this.closed || this.source.readyState !== "open") return;
    if (this.forget()) return;
    const next = this.waiting();
    if (!next) return;
    try {
      if (this.zero_s !== undefined && this.buffer.timestampOffset !== -this.zero_s) this.buffer.timestampOffset = -this.zero_s;
      this.buffer.appendBuffer(next);
    } catch {
      this.events.onFault();
    }
  }

  /** All that waits, as one: each append costs a turn of the page, and a group of pictures would cost sixty. */
  private waiting(): Uint8Array<ArrayBuffer> | undefined {
    const all = this.queue;
    this.queue = [];
    return all.length > 1 ? join(...all) : all[0];
  }

  /** Start, settle once at the live edge, then stay near it. */
  private follow(): void {
    const { video } = this;
    const ranges = video.buffered;
    if (ranges.length === 0 || this.closed) return;
    const end = liveEdge(ranges.end(ranges.length - 1), this.newest_s, this.behind);
    const start = ranges.start(ranges.length - 1);
    if (video.paused) {
      if (video.currentTime < start - CLOSE_S) video.currentTime = start;
      void video.play().catch(() => undefined);
      setTimeout(() => {
        this.settled = true;
      }, SETTLE_MS);
      return;
    }
    // A seek begun anew with each piece would never end where decoding is slow: the picture would freeze.
    if (!this.settled || video.seeking) return;
    const { target_s, max_s } = this.behind;
    const behind = end - video.currentTime;
    if (behind > max_s || video.currentTime < start) video.currentTime = Math.max(start, end - target_s);
    video.playbackRate = behind > target_s * 2 ? 1.05 : 1;
  }

  private forget(): boolean {
    const ranges = this.video.buffered;
    if (!this.buffer || ranges.length === 0) return false;
    const until = this.video.currentTime - KEEP_S;
    if (until - ranges.start(0) < KEEP_S) return false;
    this.buffer.remove(0, until);
    return true;
  }

  private remember(piece: Piece): void {
    const ticks = showTimeOf(piece.bytes);
    if (ticks === undefined || this.timescale === 0) return;
    this.zero_s ??= zeroBefore(decodeTimeOf(piece.bytes) ?? 0, this.timescale);
    const media = ticks / this.timescale - this.zero_s;
    this.newest_s = Math.max(this.newest_s, media);
    this.times.push({ media, wallMs: piece.wallUs / 1000 });
    if (this.times.length > 600) this.times.splice(0, 300);
  }

  private watchFrames(): void {
    this.video.requestVideoFrameCallback((now, frame) => {
      if (this.closed) return;
      if (this.frames++ === 0) this.events.onFirstFrame();
      const captured = this.times.findLast((time) => Math.abs(time.media - frame.mediaTime) < CLOSE_S);
      if (captured && this.settled && now - this.saidAt > 500) {
        this.saidAt = now;
        this.events.onLatency(Math.max(0, performance.timeOrigin + frame.expectedDisplayTime - captured.wallMs));
      }
      this.watchFrames();
    });
  }
}
