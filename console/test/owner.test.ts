import { describe, expect, it } from "vitest";
import type { Terms } from "../src/api/types";
import { fromB64, join, toB64, toHex, utf8 } from "../src/crypto/bytes";
import { canonical, type Plain } from "../src/crypto/canonical";
import { fingerprint, signRecord } from "../src/crypto/keys";
import { addressContext, makeBoxKey, openBox, pictureContext, seal } from "../src/crypto/sealed";
import { termsSha256 } from "../src/home/sign";
import vector from "./vectors/owner.json";

const P256 = { namedCurve: "P-256" } as const;
const point = fromB64(vector.point);

async function vectorKey(name: "ECDSA" | "ECDH", uses: KeyUsage[]): Promise<CryptoKey> {
  return crypto.subtle.importKey("jwk", { ...vector.jwk, key_ops: uses }, { name, ...P256 }, false, uses);
}

describe("what the owner's browser signs and seals", () => {
  it("signs the very message that the server checks", async () => {
    const key = { id: "device:x", point, privateKey: await vectorKey("ECDSA", ["sign"]) };
    const said = JSON.parse(await signRecord(key, vector.record)) as { record: object; signature: string };
    expect(said.record).toEqual(vector.record);
    const message = utf8(vector.message);
    expect(toHex(join(utf8("consentry-owner-v1\n"), canonical(vector.record as Plain)))).toBe(toHex(message));
    const known = await crypto.subtle.importKey("raw", point, { name: "ECDSA", ...P256 }, false, ["verify"]);
    const holds = (over: Uint8Array<ArrayBuffer>) =>
      crypto.subtle.verify({ name: "ECDSA", hash: "SHA-256" }, known, fromB64(said.signature), over);
    expect(await holds(message)).toBe(true);
    expect(await holds(utf8(`${vector.message} `))).toBe(false);
  });

  it("hashes terms as the server does", async () => {
    expect(await termsSha256(vector.terms as unknown as Terms)).toBe(vector.terms_sha256);
  });

  it("shows the fingerprint that the edge compares", async () => {
    expect(await fingerprint(point)).toBe(vector.fingerprint);
  });

  it("opens a box that the server's code sealed, and only with its own context", async () => {
    const own = { privateKey: await vectorKey("ECDH", ["deriveBits"]), point };
    const plain = await openBox(fromB64(vector.box), own, addressContext(vector.camera));
    expect(new TextDecoder().decode(plain)).toBe(vector.plain);
    await expect(openBox(fromB64(vector.box), own, pictureContext(vector.camera))).rejects.toThrow();
  });

  it("seals so that one key opens it and another does not", async () => {
    const [mine, other] = [await makeBoxKey(), await makeBoxKey()];
    const box = await seal(mine.point, utf8("rtsp://192.0.2.9/x"), "camera-address\ncam");
    expect(new TextDecoder().decode(await openBox(box, mine, "camera-address\ncam"))).toBe("rtsp://192.0.2.9/x");
    await expect(openBox(box, other, "camera-address\ncam")).rejects.toThrow();
    expect(toB64(box)).not.toContain("rtsp");
  });
});

it("refuses to sign a number that is not an integer", () => {
  expect(() => canonical({ minutes: 1.5 })).toThrow();
});
