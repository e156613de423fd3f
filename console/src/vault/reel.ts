/**
 * Plays the files of an item one after the other in one video element, each where its own clock says, and knows when
 * each picture was taken. Files are fetched around the place that is shown, and dropped again when it is far away.
 */
import { readRecorded, type Recorded } from "./mp4";

export interface ReelFile { number: number; startMs: number; endMs: number }

/**
 * What a file says of itself, and at which second of its own clock it begins. `isWhole`: no more files come than were
 * named, so the last one ends the film. Otherwise a browser holds back the last pictures, where sound ends before them.
 */
export interface ReelForm { firstS: number; read: (bytes: Uint8Array, number: number) => Recorded; isWhole?: boolean }

/** `onPlace`: which ms since the film began is shown or sought, and is there a file for it? */
export interface ReelEvents { onFault: () => void; onPictures: () => void; onPlace?: (ms: number, isThere: boolean) => void }

/** Where the whole film lies in time, while not all of its files are there. */
export interface ReelSpan { startMs: number; lengthMs: number }

const AHEAD_S = 25;
const KEEP_S = 60;
const RECORDED: ReelForm = { firstS: 1, read: readRecorded };

interface Held { file: ReelFile; picturesS: number[] }

export class Reel {
  lengthS: number;
  private readonly source = new MediaSource();
  private readonly held = new Map<number, Held>();
  private readonly zeroMs: number;
  private buffer: SourceBuffer | undefined;
  private busy = false;
  private closed = false;

  /** `files` in order of time; `fetchFile` gives a file's bytes. */
  constructor(
    private readonly video: HTMLVideoElement, private readonly files: ReelFile[],
    private readonly fetchFile: (number: number) => Promise<Uint8Array<ArrayBuffer>>, private readonly events: ReelEvents,
    private readonly form: ReelForm = RECORDED, private span?: ReelSpan,
  ) {
    this.zeroMs = span?.startMs ?? files[0]?.startMs ?? 0;
    this.lengthS = this.measured();
    video.src = URL.createObjectURL(this.source);
    this.source.addEventListener("sourceopen", () => void this.fill());
    video.addEventListener("timeupdate", this.wake);
    video.addEventListener("seeking", this.wake);
  }

  /** More files came to those that are here, anywhere in the film; what plays goes on. */
  extend(files: ReelFile[], span?: ReelSpan): void {
    const known = new Set(this.files.map((file) => file.number));
    const fresh = files.filter((file) => !known.has(file.number));
    if (fresh.length === 0) return;
    this.files.push(...fresh);
    this.files.sort((one, other) => one.startMs - other.startMs);
    this.span = span;
    this.lengthS = this.measured();
    void this.fill();
  }

  /** UTC in ms of the picture on the glass; of the instant when no picture is known there. */
  takenAtMs(): number {
    return this.zeroMs + (this.pictureAt(this.video.currentTime) ?? this.video.currentTime) * 1000;
  }

  /** Show the next (1) or the one before (-1); false when there is none that is loaded. */
  step(by: 1 | -1): boolean {
    const times = this.times();
    const here = times.findLastIndex((time) => time <= this.video.currentTime + 0.0005);
    const next = times[here + by];
    if (next === undefined) return false;
    this.video.pause();
    const after = times[here + by + 1] ?? next + 0.02;
    this.video.currentTime = next + Math.min(0.01, Math.max(0.0005, (after - next) / 2));
    return true;
  }

  seekTo(ms: number): void {
    this.video.currentTime = Math.min(this.lengthS, Math.max(0, (ms - this.zeroMs) / 1000));
  }

  close(): void {
    this.closed = true;
    this.video.removeEventListener("timeupdate", this.wake);
    this.video.removeEventListener("seeking", this.wake);
    URL.revokeObjectURL(this.video.src);
    this.video.removeAttribute("src");
    this.video.load();
  }

  private readonly wake = () => {
    this.tellPlace();
    void this.fill();
  };

  private tellPlace(): void {
    const hereMs = this.video.currentTime * 1000;
    const here = this.zeroMs + hereMs;
    this.events.onPlace?.(hereMs, this.files.some((file) => here >= file.startMs - 1 && here < file.endMs));
  }

  private measured(): number {
    const last = Math.max(this.files.at(-1)?.endMs ?? 0, this.zeroMs + (this.span?.lengthMs ?? 0));
    return Math.max(0.04, (last - this.zeroMs) / 1000);
  }

  private times(): number[] {
    return [...this.held.values()].flatMap((held) => held.picturesS).toSorted((left, right) => left - right);
  }

  private pictureAt(seconds: number): number | undefined {
    return this.times().findLast((time) => time <= seconds + 0.0005);
  }

  private async fill(): Promise<void> {
    if (this.busy || this.closed || this.source.readyState === "closed") return;
    this.busy = true;
    try {
      for (let next = this.wanted(); next && !this.closed; next = this.wanted()) await this.load(next);
      const last = this.files.at(-1);
      // An append opens it again.
      if (this.form.isWhole && last && this.held.has(last.number) && this.source.readyState === "open") this.source.endOfStream();
    } catch {
      if (!this.closed) this.events.onFault();
    } finally {
      this.busy = false;
    }
  }

  /** The file that is missing around the place shown, the nearest first. */
  private wanted(): ReelFile | undefined {
    const here = this.video.currentTime;
    return this.files.find((file) => {
      const from = (file.startMs - this.zeroMs) / 1000;
      const to = (file.endMs - this.zeroMs) / 1000;
      return !this.held.has(file.number) && to >= here - 1 && from <= here + AHEAD_S;
    });
  }

  private async load(file: ReelFile): Promise<void> {
    const bytes = await this.fetchFile(file.number);
    if (this.closed) return;
    const { codec, picturesUs } = this.form.read(bytes, file.number);
    const fromS = (file.startMs - this.zeroMs) / 1000;
    if (!this.buffer) {
      this.buffer = this.source.addSourceBuffer(`video/mp4; codecs="${codec}"`);
    }
    if (this.source.readyState === "open" && this.source.duration !== this.lengthS) this.source.duration = this.lengthS;
    await this.drop();
    this.buffer.timestampOffset = fromS - this.form.firstS;
    await this.change((buffer) => buffer.appendBuffer(bytes));
    this.held.set(file.number, { file, picturesS: picturesUs.map((us) => fromS + us / 1_000_000) });
    this.events.onPictures();
  }

  /** Let go of files that are far from the place shown. */
  private async drop(): Promise<void> {
    const here = this.video.currentTime;
    for (const [number, { file }] of this.held) {
      const from = (file.startMs - this.zeroMs) / 1000;
      const to = (file.endMs - this.zeroMs) / 1000;
      if (to > here - KEEP_S && from < here + KEEP_S) continue;
      await this.change((buffer) => buffer.remove(Math.max(0, from), Math.max(from + 0.001, to)));
      this.held.delete(number);
    }
  }

  private change(act: (buffer: SourceBuffer) => void): Promise<void> {
    const { buffer } = this;
    if (!buffer) return Promise.resolve();
    return new Promise((resolve, reject) => {
      const settle = (event: Event) => {
        buffer.removeEventListener("updateend", settle);
        buffer.removeEventListener("error", settle);
        if (event.type === "error") reject(new Error("a file cannot be played"));
        else resolve();
      };
      buffer.addEventListener("updateend", settle);
      buffer.addEventListener("error", settle);
      act(buffer);
    });
  }
}
