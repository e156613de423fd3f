/** What one look says of itself to the page. */
import type { Quality, WayName } from "./way";
import type { Piece } from "./wire";

export interface FeedEvents {
  onStage: (stage: "edge" | "live" | "lost") => void;
  /** How the camera itself is: "online", "silent", "offline" and the like. */
  onCamera: (state: string) => void;
  /** May the camera be turned ("allowed"), or why the last word did not count. */
  onTurning: (state: string) => void;
  /** Places that the camera remembers, as whoever reads it says. */
  onPresets: (said: unknown) => void;
  onCodec: (codec: string, way: WayName) => void;
  onPiece: (piece: Piece) => void;
  /** This look may be heard too, and this is what will come. */
  onSound: (codec: string) => void;
  onStream: (stream: MediaStream, sound: MediaStream) => void;
  /** WebRTC: the wall clock (ms) of the picture with this RTP time. */
  onClock: (rtp: number, wallMs: number) => void;
  /** What less than all of the camera comes, and why; undefined: all of it. */
  onQuality: (quality: Quality | undefined) => void;
  /** What is wrong with the pictures: frozen, covered and the like; empty when all is well. */
  onWarnings: (words: readonly string[]) => void;
  /** Another way is tried from here on. */
  onWay: (way: WayName) => void;
  onEnd: (reason: string) => void;
}
