/** Feeds a reel with the ranges of a redaction, and knows which frames were on the glass since it was made. */
import type { ReviewedRange } from "../api/types";
import { codecsOf } from "./mp4";
import { frameAt, insideUs, rangeOf } from "./redacting";
import { Reel } from "./reel";

export type Look = "original" | "hidden";

interface Events {
  onFault: () => void;
  onFrame: (frame: number) => void;
  /** Which ranges were on the glass to the last frame, since the film was made. */
  onWatched: (ranges: readonly number[]) => void;
}

interface Film { redaction: string; look: Look; atUs: readonly number[]; ranges: readonly ReviewedRange[] }

const LOOKS = ["seeked", "timeupdate", "loadeddata", "pause", "ended"];
/** A player begins at a picture's middle when it was sent there. */
const SLACK_US = 20_000;

export class RangeReel {
  private readonly reel: Reel;
  private readonly watched = new Set<number>();
  private readonly full = new Set<number>();
  private readonly shown = new Map<number, string>();
  private readonly zeroUs: number;
  private last: number | undefined;
  private ticking = 0;

  constructor(private readonly video: HTMLVideoElement, private readonly film: Film, private readonly events: Events) {
    const { atUs, ranges } = film;
    this.zeroUs = atUs[0] ?? 0;
    const files = ranges.map((range, number) => ({
      number, startMs: (atUs[range.start] ?? 0) / 1000, endMs: this.endUs(range) / 1000,
    }));
    const read = (bytes: Uint8Array, number: number) => {
      const { start, end } = ranges[number] ?? { start: 0, end: 0 };
      return { codec: codecsOf(bytes), picturesUs: atUs.slice(start, end).map((at) => at - (atUs[start] ?? 0)) };
    };
    this.reel = new Reel(video, files, (number) => this.fetchRange(number), { onFault: events.onFault, onPictures: this.look }, { firstS: 0, read, isWhole: true });
    for (const kind of LOOKS) video.addEventListener(kind, this.look);
    events.onWatched([]);
    this.tick();
  }

  /** What a review of range `number` names, once its film is here. */
  shownOf(number: number): string | undefined {
    return this.shown.get(number);
  }

  goTo(frame: number): void {
    this.video.pause();
    this.reel.seekTo((insideUs(this.film.atUs, frame)) / 1000);
  }

  close(): void {
    cancelAnimationFrame(this.ticking);
    for (const kind of LOOKS) this.video.removeEventListener(kind, this.look);
    this.reel.close();
  }

  private endUs(range: ReviewedRange): number {
    const { atUs } = this.film;
    return atUs[range.end] ?? (atUs.at(-1) ?? 0) + 40_000;
  }

  /** While it plays, look at each of the screen's pictures: no frame that was shown is missed. */
  private readonly tick = () => {
    if (!this.video.paused) this.look();
    this.ticking = requestAnimationFrame(this.tick);
  };

  private readonly look = () => {
    if (this.video.readyState < 2 || this.video.seeking) return;
    const frame = frameAt(this.film.atUs, this.video.currentTime * 1_000_000 + this.zeroUs);
    this.watched.add(frame);
    this.tellWatched(frame);
    if (frame === this.last) return;
    this.last = frame;
    this.events.onFrame(frame);
  };

  private tellWatched(frame: number): void {
    const number = rangeOf(this.film.ranges, frame);
    const { start, end } = this.film.ranges[number] ?? { start: 0, end: 0 };
    if (this.full.has(number)) return;
    const played = playedUs(this.video).map(([from, to]) => [from + this.zeroUs, to + this.zeroUs] as const);
    for (let one = start; one < end; one += 1) {
      const at = this.film.atUs[one] ?? 0;
      if (!this.watched.has(one) && !played.some(([from, to]) => at >= from - SLACK_US && at < to)) return;
    }
    this.full.add(number);
    this.events.onWatched([...this.full]);
  }

  private async fetchRange(number: number): Promise<Uint8Array<ArrayBuffer>> {
    const path = `/api/redactions/${this.film.redaction}/ranges/${number}/film?view=${this.film.look}`;
    const answer = await fetch(path, { credentials: "same-origin", cache: "no-store" });
    if (!answer.ok) throw new Error(String(answer.status));
    const bytes = new Uint8Array(await answer.arrayBuffer());
    this.shown.set(number, answer.headers.get("Consentry-Shown") ?? "");
    return bytes;
  }
}

/** What was played, by the browser's own account, in µs of the film. */
function playedUs(video: HTMLVideoElement): [number, number][] {
  return Array.from({ length: video.played.length }, (_, place) => [video.played.start(place) * 1_000_000, video.played.end(place) * 1_000_000]);
}
