/**
 * The sound of one look, in an element of its own: what is late or lost here never holds up the picture.
 *
 * Nothing is decoded before `listen(true)`, which only a press of the user's button calls.
 */
import type { Piece } from "./wire";

const TARGET_BEHIND_S = 0.15;
const MAX_BEHIND_S = 0.6;
const KEEP_S = 8;
const MAX_WAITING = 100;

type SourceType = typeof MediaSource;

function sourceType(): SourceType | undefined {
  const scope = globalThis as { ManagedMediaSource?: SourceType; MediaSource?: SourceType };
  return scope.ManagedMediaSource ?? scope.MediaSource;
}

export function canHear(codec: string): boolean {
  return sourceType()?.isTypeSupported(`audio/mp4; codecs="${codec}"`) ?? false;
}

export class Ear {
  private beginning: Uint8Array<ArrayBuffer> | undefined;
  private queue: Uint8Array<ArrayBuffer>[] = [];
  private source: MediaSource | undefined;
  private buffer: SourceBuffer | undefined;

  constructor(private readonly codec: string, private readonly element: HTMLAudioElement = new Audio()) {}

  push(piece: Piece): void {
    if (piece.kind === "sound-init") this.begin(piece.bytes);
    else if (this.source) {
      this.queue.push(piece.bytes);
      if (this.queue.length > MAX_WAITING) this.queue.splice(1, 1);
      this.pump();
    }
  }

  listen(on: boolean): void {
    if (on === (this.source !== undefined)) return;
    if (on) this.open();
    else this.close();
  }

  /** Silence, and nothing waits. */
  close(): void {
    if (!this.source) return;
    this.source = this.buffer = undefined;
    this.queue = [];
    this.element.pause();
    URL.revokeObjectURL(this.element.src);
    this.element.removeAttribute("src");
    this.element.load();
  }

  /** The camera began anew: other times, perhaps another shape. */
  private begin(bytes: Uint8Array<ArrayBuffer>): void {
    const wasOn = this.source !== undefined;
    this.close();
    this.beginning = bytes;
    if (wasOn) this.open();
  }

  private open(): void {
    const Source = sourceType();
    if (!Source) return;
    const source = new Source();
    this.source = source;
    this.queue = this.beginning ? [this.beginning] : [];
    this.element.disableRemotePlayback = true;
    this.element.src = URL.createObjectURL(source);
    source.addEventListener("sourceopen", () => this.openBuffer(source));
    // The press of the button is now; a player that waits for the first piece may not start by itself later.
    void this.element.play().catch(() => undefined);
  }

  private openBuffer(source: MediaSource): void {
    if (this.source !== source || this.buffer) return;
    source.duration = Infinity;
    const buffer = source.addSourceBuffer(`audio/mp4; codecs="${this.codec}"`);
    buffer.addEventListener("updateend", () => {
      if (this.buffer !== buffer) return;
      this.follow();
      this.pump();
    });
    this.buffer = buffer;
    this.pump();
  }

  private pump(): void {
    const { buffer, source } = this;
    if (!buffer || buffer.updating || source?.readyState !== "open" || this.forget(buffer)) return;
    const next = this.queue.shift();
    if (!next) return;
    try {
      buffer.appendBuffer(next);
    } catch {
      this.close();
    }
  }

  /** Near the live edge, over every gap. */
  private follow(): void {
    const { element } = this;
    const ranges = element.buffered;
    if (ranges.length === 0 || element.seeking) return;
    const start = ranges.start(ranges.length - 1);
    const end = ranges.end(ranges.length - 1);
    const behind = end - element.currentTime;
    if (behind > MAX_BEHIND_S || element.currentTime < start) element.currentTime = Math.max(start, end - TARGET_BEHIND_S);
    element.playbackRate = behind > TARGET_BEHIND_S * 2 ? 1.05 : 1;
    if (element.paused) void element.play().catch(() => undefined);
  }

  private forget(buffer: SourceBuffer): boolean {
    const ranges = this.element.buffered;
    const until = this.element.currentTime - KEEP_S;
    if (ranges.length === 0 || until - ranges.start(0) < KEEP_S) return false;
    buffer.remove(0, until);
    return true;
  }
}

/** The sound of a look by WebRTC: a stream of its own, silent until `listen(true)`. */
export class StreamEar {
  constructor(private readonly stream: MediaStream, private readonly element: HTMLAudioElement = new Audio()) {}

  listen(on: boolean): void {
    if (!on) return this.close();
    this.element.srcObject = this.stream;
    void this.element.play().catch(() => undefined);
  }

  close(): void {
    this.element.pause();
    this.element.srcObject = null;
  }
}
