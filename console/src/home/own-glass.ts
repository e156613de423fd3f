/** Pictures of an own look on a video element: muxed here, as nobody else can read them. */
import { Muxer, setsOf, type Unit } from "../live/muxer";
import { canPlay, Screen, type ScreenEvents } from "../live/screen";
import { toB64 } from "../crypto/bytes";
import type { Shape } from "./own-line";

export class OwnGlass {
  private muxer: Muxer | undefined;
  private screen: Screen | undefined;
  private shape: Shape = { codec: "", width: 0, height: 0 };
  private atUs = 0;

  constructor(private readonly video: HTMLVideoElement, private readonly events: ScreenEvents) {}

  /** Other pictures follow; false where this browser cannot play them. */
  begin(shape: Shape): boolean {
    this.close();
    this.shape = shape;
    if (!canPlay(shape.codec)) return false;
    this.screen = new Screen(this.video, shape.codec, this.events);
    return true;
  }

  /** The next picture; undefined where some are missing: then the next key picture begins anew. */
  take(unit: Unit | undefined): void {
    if (!unit) {
      this.muxer = undefined;
      return;
    }
    const sets = setsOf(unit);
    if (unit.key && (!this.muxer || sets.map(toB64).join() !== this.muxer.sets.map(toB64).join())) {
      this.muxer = new Muxer(sets, this.shape);
      this.screen?.push({ kind: "init", wallUs: unit.wallUs, bytes: this.muxer.init });
    }
    if (!this.muxer) return;
    this.atUs = unit.wallUs;
    this.screen?.push({ kind: "fragment", wallUs: unit.wallUs, bytes: this.muxer.take(unit) });
  }

  /** When the newest picture was taken, µs of UTC; 0 before the first. */
  get newestUs(): number {
    return this.atUs;
  }

  /** Nothing on the glass. */
  close(): void {
    this.screen?.close();
    this.screen = this.muxer = undefined;
    this.atUs = 0;
  }
}
