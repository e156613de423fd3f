/**
 * The last picture of one stream of a camera, over the glass while its other stream opens.
 *
 * Only within a look that goes on. It goes with the first new picture, after a second in any case, and at once when the look
 * ends or goes another way: nobody may take it for a picture of now.
 */
export const HOLD_MS = 1_000;

export class Held {
  private readonly canvas = document.createElement("canvas");
  private readonly timer = setTimeout(() => this.drop(), HOLD_MS);

  private constructor(video: HTMLVideoElement) {
    this.canvas.className = "tile-held";
    this.canvas.width = video.videoWidth;
    this.canvas.height = video.videoHeight;
    this.canvas.getContext("2d")?.drawImage(video, 0, 0);
    video.after(this.canvas);
  }

  /** What `video` shows now; undefined when it shows nothing. */
  static of(video: HTMLVideoElement): Held | undefined {
    const shows = video.videoWidth > 0 && video.readyState >= HTMLMediaElement.HAVE_CURRENT_DATA;
    return shows ? new Held(video) : undefined;
  }

  drop(): void {
    clearTimeout(this.timer);
    this.canvas.remove();
  }
}
