/**
 * Shows a WebRTC stream in a video element and measures its delay: the gateway says now and then which wall clock a
 * picture had, the browser says which picture it shows.
 */
import type { ScreenEvents } from "./screen";

/** RTP time of H.264, and where its 32 bits wrap. */
const TICKS_PER_MS = 90;
const WRAP = 2 ** 32;
const SAY_EVERY_MS = 500;

export interface GlassEvents extends ScreenEvents { onFrame: () => void }

export class Glass {
  private clock: { rtp: number; wallMs: number } | undefined;
  private closed = false;
  private frames = 0;
  private saidAt = 0;

  constructor(private readonly video: HTMLVideoElement, stream: MediaStream, private readonly events: GlassEvents) {
    video.srcObject = stream;
    void video.play().catch(() => undefined);
    this.watchFrames();
  }

  setClock(rtp: number, wallMs: number): void {
    this.clock = { rtp, wallMs };
  }

  /** Drop the picture on the glass. */
  close(): void {
    this.closed = true;
    this.video.srcObject = null;
    this.video.load();
  }

  private watchFrames(): void {
    this.video.requestVideoFrameCallback((now, frame) => {
      if (this.closed) return;
      this.events.onFrame();
      if (this.frames++ === 0) this.events.onFirstFrame();
      if (this.clock && frame.rtpTimestamp !== undefined && now - this.saidAt > SAY_EVERY_MS) {
        this.saidAt = now;
        const captured = this.clock.wallMs + ticksBetween(this.clock.rtp, frame.rtpTimestamp) / TICKS_PER_MS;
        this.events.onLatency(Math.max(0, performance.timeOrigin + frame.expectedDisplayTime - captured));
      }
      this.watchFrames();
    });
  }
}

/** How far `later` is after `sooner` on a line that wraps; negative when before. */
export function ticksBetween(sooner: number, later: number): number {
  const ahead = (((later - sooner) % WRAP) + WRAP) % WRAP;
  return ahead > WRAP / 2 ? ahead - WRAP : ahead;
}
