/** What a recorded file says of itself: its coding, and when each of its pictures is shown (ISO/IEC 14496-12). */
import { showTimeOf, trackOf } from "../live/wire";

/** Our recorder's files count in microseconds and begin here (`media/fmp4.py`). */
const FIRST_US = 1_000_000;
const HEADER_BYTES = 8;
/** The track of pictures; sound, where there is some, is the second. */
const PICTURES = 1;

export interface Recorded { codec: string; picturesUs: number[] }

/** The coding for a SourceBuffer, and each picture's time in µs after the file's first instant; one picture a fragment. */
export function readRecorded(bytes: Uint8Array): Recorded {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const times: number[] = [];
  for (let at = 0; at + HEADER_BYTES <= view.byteLength; ) {
    const size = view.getUint32(at);
    if (size < HEADER_BYTES || at + size > view.byteLength) break;
    const fragment = bytes.subarray(at, at + size);
    const shown = nameAt(view, at + 4) === "moof" && trackOf(fragment) === PICTURES ? showTimeOf(fragment) : undefined;
    if (shown !== undefined) times.push(shown - FIRST_US);
    at += size;
  }
  return { codec: codecsOf(bytes), picturesUs: times.toSorted((left, right) => left - right) };
}

/** The codings for a SourceBuffer, sound included when there is some. */
export function codecsOf(bytes: Uint8Array): string {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const end = Math.min(view.byteLength, 4_096);
  for (let at = 4; at + 8 < end; at += 1) {
    if (nameAt(view, at) === "mp4a") return `${codecOf(bytes)}, mp4a.40.2`;
  }
  return codecOf(bytes);
}

/** `avc1.PPCCLL` or `hvc1…` as browsers name it; "" for a file that is not one of ours. */
function codecOf(bytes: Uint8Array): string {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const end = Math.min(view.byteLength, 4_096);
  for (let at = 4; at + 8 < end; at += 1) {
    if (nameAt(view, at) === "avcC") return `avc1.${hex(bytes.subarray(at + 5, at + 8))}`;
    if (nameAt(view, at) === "hvcC") return hevcName(view, at + 4);
  }
  return "";
}

/** ISO/IEC 14496-15, annex E: profile, compatibility with its bits reversed, tier and level, constraints. */
function hevcName(view: DataView, at: number): string {
  const first = view.getUint8(at + 1);
  const space = ["", "A", "B", "C"][first >> 6] ?? "";
  let flags = view.getUint32(at + 2);
  let reversed = 0;
  for (let bit = 0; bit < 32; bit += 1) {
    reversed = ((reversed << 1) | (flags & 1)) >>> 0;
    flags >>>= 1;
  }
  const constraints = Array.from({ length: 6 }, (_, number) => view.getUint8(at + 6 + number));
  while (constraints.length > 1 && constraints.at(-1) === 0) constraints.pop();
  const rest = constraints.map((byte) => byte.toString(16).toUpperCase()).join(".");
  return `hvc1.${space}${first & 31}.${reversed.toString(16).toUpperCase()}.${first & 32 ? "H" : "L"}${view.getUint8(at + 12)}.${rest}`;
}

function hex(bytes: Uint8Array): string {
  return [...bytes].map((byte) => byte.toString(16).padStart(2, "0")).join("");
}

function nameAt(view: DataView, at: number): string {
  return String.fromCharCode(view.getUint8(at), view.getUint8(at + 1), view.getUint8(at + 2), view.getUint8(at + 3));
}
