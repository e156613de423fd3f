import { expect, it } from "vitest";
import { bytesOfId, channelKeys, openedMessage, openFrame, sealWord } from "../src/crypto/own-channel";
import { toHex, utf8, type Bytes } from "../src/crypto/bytes";
import vector from "../../docs/spec/vectors/own-channel.json";

const bytes = (hex: string): Bytes => Uint8Array.from(hex.match(/../g) ?? [], (pair) => Number.parseInt(pair, 16));
const keys = () => channelKeys(bytes(vector.secret), vector.session);

it("opens the published frames and seals the published words", async () => {
  for (const said of vector.frames) {
    const frame = await openFrame(await keys(), bytes(said.frame));
    expect([frame.kind, frame.counter, toHex(frame.plain)]).toEqual([said.kind, said.counter, said.plain]);
  }
  for (const said of vector.words) expect(await sealWord(await keys(), said.counter, utf8(said.plain))).toBe(said.word);
  expect(toHex(await openedMessage(vector.record, bytes(vector.box)))).toBe(vector.opened_message);
});

it("opens no frame that was changed or is of another channel", async () => {
  const frame = bytes(vector.frames[1]?.frame ?? "");
  for (const at of [0, 1, 5, 20, 26, frame.length - 1]) {
    const changed = frame.slice();
    changed[at] = (changed[at] ?? 0) ^ 1;
    await expect(openFrame(await keys(), changed)).rejects.toThrow();
  }
  const other = await channelKeys(bytes(vector.secret), `own_${"b".repeat(26)}`);
  await expect(openFrame(other, frame)).rejects.toThrow();
});

it("reads the bytes of an id", () => {
  expect(toHex(bytesOfId(vector.session))).toBe("000102030405060708090a0b0c0d0e0f");
});
