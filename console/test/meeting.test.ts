import { expect, it } from "vitest";
import vector from "../../docs/spec/vectors/meeting.json";
import { fromB64, toB64 } from "../src/crypto/bytes";
import { meetingName, readSquare, sealCode } from "../src/crypto/meeting";

it("names and seals as the box does", async () => {
  const secret = fromB64(vector.secret);
  expect(toB64(await meetingName(secret))).toBe(vector.meeting);
  expect(toB64(await sealCode(secret, vector.code, fromB64(vector.nonce)))).toBe(vector.box);
});

it("reads a square's link and nothing else", () => {
  expect(readSquare(`#${vector.secret}`)).toEqual(fromB64(vector.secret));
  for (const other of ["", "#", "#main", `#${vector.secret}A`, `#${vector.secret.slice(1)}`, `#${"=".repeat(27)}`]) {
    expect(readSquare(other)).toBeUndefined();
  }
});
