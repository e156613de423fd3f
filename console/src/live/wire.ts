/** The gateway's binary messages and the two times inside fMP4 that latency needs. */

export interface Piece {
  kind: "init" | "fragment";
  /** Wall clock of capture, microseconds since 1970. */
  wallUs: number;
  bytes: Uint8Array<ArrayBuffer>;
}

/** Kind (1 byte), wall clock (8 bytes, big-endian µs), the bytes; undefined for anything else. */
export function parsePiece(message: ArrayBuffer): Piece | undefined {
  if (message.byteLength < 10) return undefined;
  const view = new DataView(message);
  const code = view.getUint8(0);
  if (code !== 1 && code !== 2) return undefined;
  return {
    kind: code === 1 ? "init" : "fragment",
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

function find(data: Uint8Array, path: string[]): Uint8Array | undefined {
  const [wanted, ...rest] = path;
  const view = new DataView(data.buffer, data.byteOffset, data.byteLength);
  for (let at = 0; at + 8 <= data.length; ) {
    const size = view.getUint32(at);
    const name = String.fromCharCode(...data.subarray(at + 4, at + 8));
    if (size < 8) return undefined;
    if (name === wanted) {
      const inside = data.subarray(at + 8, at + size);
      return rest.length === 0 ? inside : find(inside, rest);
    }
    at += size;
  }
  return undefined;
}
