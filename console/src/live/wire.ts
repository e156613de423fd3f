/** The gateway's binary messages and the two times inside fMP4 that latency needs. */

export interface Piece {
  /** Sound comes apart from the pictures, and only where the look allows it. */
  kind: "init" | "fragment" | "sound-init" | "sound";
  /** Wall clock of capture, microseconds since 1970. */
  wallUs: number;
  bytes: Uint8Array<ArrayBuffer>;
}

const KINDS: Readonly<Record<number, Piece["kind"]>> = { 1: "init", 2: "fragment", 4: "sound-init", 5: "sound" };

/** The unit inside a sealed message: kind 3, wall clock, then the unit as its edge sent it; undefined for all else. */
export function sealedOf(message: ArrayBuffer): Uint8Array<ArrayBuffer> | undefined {
  return message.byteLength > 10 && new DataView(message).getUint8(0) === 3 ? new Uint8Array(message.slice(9)) : undefined;
}

/** Kind (1 byte), wall clock (8 bytes, big-endian µs), the bytes; undefined for anything else. */
export function parsePiece(message: ArrayBuffer): Piece | undefined {
  if (message.byteLength < 10) return undefined;
  const view = new DataView(message);
  const code = view.getUint8(0);
  const kind = KINDS[code];
  if (!kind) return undefined;
  return {
    kind,
    wallUs: Number(view.getBigUint64(1)),
    bytes: new Uint8Array(message, 9),
  };
}

/** Ticks per second of the first track of an initialisation segment; 0 when there is none. */
export function timescaleOf(init: Uint8Array): number {
  const header = find(init, ["moov", "trak", "mdia", "mdhd"]);
  if (!header) return 0;
  const view = new DataView(header.buffer, header.byteOffset, header.byteLength);
  return view.getUint8(0) === 1 ? view.getUint32(20) : view.getUint32(12);
}

/** Decode time of a fragment's first sample in ticks; undefined when it has none. */
export function decodeTimeOf(fragment: Uint8Array): number | undefined {
  const box = find(fragment, ["moof", "traf", "tfdt"]);
  if (!box) return undefined;
  const view = new DataView(box.buffer, box.byteOffset, box.byteLength);
  return view.getUint8(0) === 1 ? Number(view.getBigUint64(4)) : view.getUint32(4);
}

/** Composition offset of a fragment's first sample in ticks; 0 when the run has none. */
export function offsetOf(fragment: Uint8Array): number {
  const box = find(fragment, ["moof", "traf", "trun"]);
  if (!box) return 0;
  const view = new DataView(box.buffer, box.byteOffset, box.byteLength);
  const flags = view.getUint32(0) & 0xffffff;
  if (!(flags & 0x800)) return 0;
  // After version, flags and count: data offset, first sample's flags, then duration, size, flags of the sample.
  const before = [0x1, 0x4, 0x100, 0x200, 0x400].filter((bit) => flags & bit).length;
  return view.getInt32(8 + 4 * before);
}

/** The number of a fragment's track; 0 when it names none. */
export function trackOf(fragment: Uint8Array): number {
  const box = find(fragment, ["moof", "traf", "tfhd"]);
  return box && box.length >= 8 ? new DataView(box.buffer, box.byteOffset, box.byteLength).getUint32(4) : 0;
}

/** When a fragment's first picture is shown, in ticks; undefined when it has no time. */
export function showTimeOf(fragment: Uint8Array): number | undefined {
  const decoded = decodeTimeOf(fragment);
  return decoded === undefined ? undefined : decoded + offsetOf(fragment);
}

function find(data: Uint8Array, path: string[]): Uint8Array | undefined {
  const [wanted, ...rest] = path;
  const view = new DataView(data.buffer, data.byteOffset, data.byteLength);
  for (let at = 0; at + 8 <= data.length; ) {
    const size = view.getUint32(at);
    const name = String.fromCharCode(...data.subarray(at + 4, at + 8));
    if (size < 8 || at + size > data.length) return undefined;
    if (name === wanted) {
      const inside = data.subarray(at + 8, at + size);
      return rest.length === 0 ? inside : find(inside, rest);
    }
    at += size;
  }
  return undefined;
}
