import { expect, it } from "vitest";
import { KINDS, pageOf, wordsOf } from "../src/notices/kinds";

it("knows every kind of the server's files, with words in each language", () => {
  expect(Object.keys(KINDS)).toEqual(expect.arrayContaining(["ask.opened", "edge.doubled", "item.damaged", "look.started"]));
  for (const [name, kind] of Object.entries(KINDS)) {
    for (const language of ["en", "fr", "es"]) expect(wordsOf(kind, language).short.trim(), name).toBeTruthy();
  }
});

it("leads to a page of ours, whatever the id holds", () => {
  expect(pageOf(KINDS["ask.opened"], "../../x?y#z")).toBe("/home/asks/..%2F..%2Fx%3Fy%23z");
  expect(pageOf(undefined, "//elsewhere")).toBe("/home");
});
