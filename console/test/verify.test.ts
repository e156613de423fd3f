import { describe, expect, it } from "vitest";
import type { OpeningRecord } from "../src/api/types";
import { toB64 } from "../src/crypto/bytes";
import { commitOf, verifyLook } from "../src/home/verify";
import vector from "./vectors/look.json";

const look = vector.opening as unknown as OpeningRecord;
const copy = () => structuredClone(look);

describe("the browser's own verification of a look", () => {
  it("recomputes the commitment of the server's code", async () => {
    expect(toB64(await commitOf(look))).toBe(vector.commit);
  });

  it("accepts a look that is in the log", async () => {
    const verdict = await verifyLook(look, vector.log_vkey);
    expect(verdict.checks).toEqual([
      { name: "commitment", holds: true }, { name: "inclusion", holds: true }, { name: "signature", holds: true },
    ]);
    expect(verdict.holds).toBe(true);
  });

  it.each(Object.keys(look.private))("refuses a look whose private field %s was changed", async (field) => {
    const changed = copy();
    const value = changed.private[field];
    changed.private[field] = typeof value === "number" ? value + 1 : `${value}.`;
    expect((await verifyLook(changed, vector.log_vkey)).holds).toBe(false);
  });

  it("refuses another place in the tree", async () => {
    expect((await verifyLook({ ...copy(), index: 5 }, vector.log_vkey)).holds).toBe(false);
  });

  it("refuses a proof that is too short, too long or of another leaf", async () => {
    const { proof } = look;
    for (const changed of [proof.slice(1), [...proof, proof[0] ?? ""], proof.toReversed()]) {
      expect((await verifyLook({ ...copy(), proof: changed }, vector.log_vkey)).holds).toBe(false);
    }
  });

  it("refuses a checkpoint that the log did not sign", async () => {
    const forged = { ...copy(), checkpoint: look.checkpoint.replace("\n11\n", "\n12\n") };
    expect((await verifyLook(forged, vector.log_vkey)).holds).toBe(false);
    const otherName = vector.log_vkey.replace("log.example", "log.other");
    expect((await verifyLook(look, otherName)).holds).toBe(false);
  });
});
