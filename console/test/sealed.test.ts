import { expect, it } from "vitest";
import { fromStandardB64, toB64, utf8 } from "../src/crypto/bytes";
import { seal } from "../src/crypto/sealed";
import { Muxer, setsOf, type Unit } from "../src/live/muxer";
import { isSealed, Opener } from "../src/live/sealed";
import { sealedOf, type Piece } from "../src/live/wire";
import type { StoredKey } from "../src/crypto/store";
import vector from "./vectors/muxer.json";

const size = { width: vector.width, height: vector.height };
const units: Unit[] = vector.units.map((unit) => ({
  tsUs: unit.ts_us, wallUs: unit.wallclock_us, key: unit.key, nals: unit.nals.map(fromStandardB64),
}));

async function holder(): Promise<StoredKey> {
  const pair = await crypto.subtle.generateKey({ name: "ECDSA", namedCurve: "P-256" }, false, ["sign", "verify"]);
  return { id: "holder", privateKey: pair.privateKey, point: new Uint8Array(await crypto.subtle.exportKey("raw", pair.publicKey)) };
}

function pointOf(said: string): Uint8Array<ArrayBuffer> {
  return fromStandardB64(said.replaceAll("-", "+").replaceAll("_", "/"));
}

async function settled(pieces: Piece[], count: number): Promise<void> {
  await expect.poll(() => pieces.length).toBe(count);
}

it("muxes as the server does, byte for byte: steady, B-frame, pause, a clock that jumps", () => {
  const muxer = new Muxer(setsOf(units[0] as Unit), size);
  expect(muxer.init).toEqual(fromStandardB64(vector.init));
  units.forEach((unit, at) => expect(muxer.take(unit)).toEqual(fromStandardB64(vector.units[at]?.fragment ?? "")));
});

it("opens what the edge sealed, in order, and passes over what is under another key or was changed", async () => {
  const pieces: Piece[] = [];
  const opener = new Opener((piece) => pieces.push(piece));
  const ticket = new Uint8Array(192);
  ticket[3] = 2;
  const said = await opener.present(await holder(), toB64(ticket));
  opener.shape(size);
  const sealed = vector.units.map((unit) => fromStandardB64(unit.sealed));
  opener.takeUnit(sealed[0] as Uint8Array<ArrayBuffer>); // no key yet
  const secret = new Uint8Array([0, 0, 0, vector.key_number, ...fromStandardB64(vector.secret)]);
  opener.takeKey(toB64(await seal(pointOf(said.box_key), secret, "view-key\nses_a")), "ses_a");
  for (const message of sealed) opener.takeUnit(message);
  await settled(pieces, 1 + sealed.length);
  expect(pieces[0]).toEqual({ kind: "init", wallUs: vector.units[0]?.wallclock_us, bytes: fromStandardB64(vector.init) });
  expect(pieces.slice(1).map((piece) => piece.bytes)).toEqual(vector.units.map((unit) => fromStandardB64(unit.fragment)));
  const changed = (sealed[1] as Uint8Array<ArrayBuffer>).slice();
  changed[20] = (changed[20] ?? 0) ^ 1;
  opener.takeUnit(changed);
  opener.takeUnit(sealed[2] as Uint8Array<ArrayBuffer>); // follows a gap: not shown
  opener.takeUnit(sealed[6] as Uint8Array<ArrayBuffer>); // the next key unit starts anew
  await settled(pieces, 3 + sealed.length);
  expect(pieces.at(-2)?.kind).toBe("init");
});

it("knows a sealed ticket and a sealed message", () => {
  const ticket = new Uint8Array(192);
  expect(isSealed(toB64(ticket))).toBe(false);
  ticket[3] = 2;
  expect(isSealed(toB64(ticket))).toBe(true);
  expect(sealedOf(Uint8Array.of(3, 0, 0, 0, 0, 0, 0, 0, 0, 7, 8).buffer)).toEqual(Uint8Array.of(7, 8));
  expect(sealedOf(Uint8Array.of(2, 0, 0, 0, 0, 0, 0, 0, 0, 7, 8).buffer)).toBeUndefined();
  expect(utf8("x")).toHaveLength(1);
});
