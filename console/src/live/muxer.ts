/**
 * Fragmented MP4 in the page, for units that only the page can read: a small port of `media/fmp4.py`, `timeline.py` and
 * `h264.py`, tested against them by vectors. Decoding times are continuous by construction; what the camera really did
 * stands in the signed composition offset.
 */
import { join, utf8, type Bytes } from "../crypto/bytes";

const SPS = 7;
const PPS = 8;
const AUD = 9;
const TIMESCALE_HZ = 1_000_000;
const FIRST_GAP_US = 40_000;
const LEAST_US = 1_000;
const MAX_STEP_US = 10_000_000;
const MAX_BACK_US = 1_000_000;

export interface Unit { tsUs: number; wallUs: number; key: boolean; nals: Bytes[] }

export interface Size { width: number; height: number }

export function kindOf(nal: Uint8Array): number {
  return (nal[0] ?? 0) & 31;
}

/** The NAL units of a payload with 4-byte lengths; throws when the lengths do not add up. */
export function nalsOf(payload: Bytes): Bytes[] {
  const view = new DataView(payload.buffer, payload.byteOffset, payload.byteLength);
  const nals: Bytes[] = [];
  for (let at = 0; at < payload.length; ) {
    const end = at + 4 + view.getUint32(at);
    if (end > payload.length || end === at + 4) throw new Error("a unit is cut short");
    nals.push(payload.slice(at + 4, end));
    at = end;
  }
  return nals;
}

/** SPS first, then PPS; empty for a unit that brings none. */
export function setsOf(unit: Unit): Bytes[] {
  return unit.nals.filter((nal) => kindOf(nal) === SPS || kindOf(nal) === PPS).toSorted((left, right) => kindOf(left) - kindOf(right));
}

/** One camera's units, as long as its parameter sets stay the same. */
export class Muxer {
  readonly init: Bytes;
  private sequence = 0;
  private startUs: number | undefined;
  private readonly line = new Timeline();
  private readonly clock = new DecodingClock();

  constructor(readonly sets: Bytes[], size: Size) {
    this.init = initSegment(sets, size);
  }

  /** The fragment of the next unit in decoding order; the first one is a key unit. */
  take(unit: Unit): Bytes {
    const placed = this.line.place(unit.tsUs, unit.wallUs);
    this.startUs ??= placed;
    const pts = Math.max(0, placed - this.startUs + 1_000_000);
    const { dts, duration } = this.clock.take(pts);
    this.sequence += 1;
    const nals = unit.nals.filter((nal) => ![SPS, PPS, AUD].includes(kindOf(nal)));
    const sample = join(...nals.flatMap((nal) => [u32(nal.length), nal]));
    const traf = (offset: number) => box("traf",
      box("tfhd", u32(0x020000), u32(1)), box("tfdt", u32(0x01000000), u64(dts)),
      box("trun", u32(0x01000f01), u32(1), u32(offset), u32(duration), u32(sample.length), u32(unit.key ? 0x02000000 : 0x01010000), u32(pts - dts)),
    );
    const mfhd = box("mfhd", u32(0), u32(this.sequence));
    const moofBytes = 8 + mfhd.length + traf(0).length;
    return join(box("moof", mfhd, traf(moofBytes + 8)), u32(8 + sample.length), utf8("mdat"), sample);
  }
}

/** Where a source's clock lies on a line that never jumps: more than 10 s forward or 1 s back is a jump of its clock. */
class Timeline {
  private offset: number | undefined;
  private lastSource = 0;
  private lastArrival = 0;
  private highest = 0;

  place(source: number, arrival: number): number {
    const step = source - this.lastSource;
    if (this.offset === undefined) this.offset = Math.max(arrival, this.highest + 1) - source;
    else if (step > MAX_STEP_US || step < -MAX_BACK_US) {
      this.offset = this.highest + Math.min(Math.max(arrival - this.lastArrival, 1), MAX_STEP_US) - source;
    }
    this.lastSource = source;
    this.lastArrival = arrival;
    const placed = this.offset + source;
    this.highest = Math.max(this.highest, placed);
    return placed;
  }
}

/** Decoding times that rise without a gap and stay near the presentation times. */
class DecodingClock {
  private next: number | undefined;
  private high = 0;
  private sinceHigh = 0;
  private gap = FIRST_GAP_US;
  private reordered = false;

  take(pts: number): { dts: number; duration: number } {
    if (this.next === undefined) this.next = this.high = pts;
    else this.measure(pts);
    const dts = this.next;
    const ahead = this.high - dts;
    const steady = ahead >= 0 && ahead <= 8 * this.gap;
    const wished = this.reordered ? this.gap + (steady ? 0 : Math.floor(ahead / 8)) : pts + this.gap - dts;
    const duration = Math.max(LEAST_US, wished);
    this.next = dts + duration;
    return { dts, duration };
  }

  private measure(pts: number): void {
    this.sinceHigh += 1;
    const step = pts - this.high;
    if (step <= 0) {
      this.reordered = true;
      return;
    }
    this.gap = Math.max(LEAST_US, Math.min(Math.floor(step / this.sinceHigh), 2 * this.gap));
    this.high = pts;
    this.sinceHigh = 0;
  }
}

function initSegment(sets: Bytes[], { width, height }: Size): Bytes {
  const avc1 = box("avc1", zeros(6), u16(1), zeros(16), u16(width), u16(height), u32(0x480000), u32(0x480000), u32(0),
    u16(1), zeros(32), u16(24), u16(0xffff), box("avcC", avcRecord(sets)));
  const tables = [box("stts", zeros(8)), box("stsc", zeros(8)), box("stsz", zeros(12)), box("stco", zeros(8))];
  const stbl = box("stbl", box("stsd", u32(0), u32(1), avc1), ...tables);
  const dinf = box("dinf", box("dref", u32(0), u32(1), box("url ", u32(1))));
  const minf = box("minf", box("vmhd", u32(1), zeros(8)), dinf, stbl);
  const mdhd = box("mdhd", zeros(12), u32(TIMESCALE_HZ), u32(0), u16(0x55c4), u16(0));
  const hdlr = box("hdlr", zeros(8), utf8("vide"), zeros(12), utf8("camera\0"));
  const matrix = join(...[0x10000, 0, 0, 0, 0x10000, 0, 0, 0, 0x40000000].map(u32));
  const tkhd = box("tkhd", u32(3), zeros(8), u32(1), zeros(8), zeros(16), matrix, u32(width * 65_536), u32(height * 65_536));
  const trak = box("trak", tkhd, box("mdia", mdhd, hdlr, minf));
  const mvhd = box("mvhd", zeros(12), u32(TIMESCALE_HZ), u32(0), u32(0x10000), u16(0x100), zeros(10), matrix, zeros(24), u32(2));
  const mvex = box("mvex", box("trex", u32(0), u32(1), u32(1), zeros(12)));
  return join(box("ftyp", utf8("iso6"), zeros(4), utf8("iso6iso5mp41")), box("moov", mvhd, trak, mvex));
}

/** The AVCDecoderConfigurationRecord of one SPS and its PPS. */
function avcRecord(sets: Bytes[]): Bytes {
  const sps = sets.filter((nal) => kindOf(nal) === SPS);
  const pps = sets.filter((nal) => kindOf(nal) === PPS);
  const first = sps[0];
  if (!first || first.length < 4 || pps.length === 0) throw new Error("a decoder needs SPS and PPS");
  const sized = (nals: Bytes[]) => nals.flatMap((nal) => [u16(nal.length), nal]);
  const high = [100, 110, 122, 144].includes(first[1] ?? 0) ? highProfile(first) : zeros(0);
  return join(Uint8Array.of(1), first.slice(1, 4), Uint8Array.of(0xff, 0xe0 | sps.length), ...sized(sps),
    Uint8Array.of(pps.length), ...sized(pps), high);
}

/** High profiles repeat the chroma format and bit depths, which stand right after the level in the SPS. */
function highProfile(sps: Bytes): Bytes {
  const bits = [...sps.slice(4, 24)].filter((byte, at, all) => !(byte === 3 && all[at - 1] === 0 && all[at - 2] === 0))
    .flatMap((byte) => Array.from({ length: 8 }, (_, at) => (byte >> (7 - at)) & 1));
  let at = 0;
  const golomb = () => {
    let size = 0;
    while (bits[at] === 0) {
      size += 1;
      at += 1;
    }
    const value = Number.parseInt(bits.slice(at, at + size + 1).join(""), 2) - 1;
    at += size + 1;
    return value;
  };
  golomb();
  const chroma = golomb();
  if (chroma === 3) at += 1;
  return Uint8Array.of(0xfc | chroma, 0xf8 | golomb(), 0xf8 | golomb(), 0);
}

function box(name: string, ...parts: Bytes[]): Bytes {
  const body = join(...parts);
  return join(u32(8 + body.length), utf8(name), body);
}

function zeros(size: number): Bytes {
  return new Uint8Array(size);
}

function u16(value: number): Bytes {
  return Uint8Array.of((value >> 8) & 255, value & 255);
}

function u32(value: number): Bytes {
  const bytes = new Uint8Array(4);
  new DataView(bytes.buffer).setUint32(0, value);
  return bytes;
}

function u64(value: number): Bytes {
  const bytes = new Uint8Array(8);
  new DataView(bytes.buffer).setBigUint64(0, BigInt(value));
  return bytes;
}
