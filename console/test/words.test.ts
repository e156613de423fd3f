import { describe, expect, it } from "vitest";
import { PURPOSES } from "../src/app/purposes";
import { words as en } from "../src/i18n/en";
import { words as es } from "../src/i18n/es";
import { words as fr } from "../src/i18n/fr";

type Tree = { [key: string]: string | Tree };

function flatten(tree: Tree, path = ""): Record<string, string> {
  return Object.fromEntries(Object.entries(tree).flatMap(([key, value]) =>
    typeof value === "string" ? [[path + key, value]] : Object.entries(flatten(value, `${path}${key}.`))));
}

const holes = (text: string) => [...text.matchAll(/\{\{(\w+)\}\}/g)].map((match) => match[1]).toSorted();

describe.each([["fr", fr], ["es", es]])("the words in %s", (_name, words) => {
  const english = flatten(en);
  const other = flatten(words);

  it("have the same keys as the English ones", () => {
    expect(Object.keys(other).toSorted()).toEqual(Object.keys(english).toSorted());
  });

  it("have the same holes, and none is empty", () => {
    for (const [key, text] of Object.entries(english)) {
      expect(other[key]?.trim(), key).toBeTruthy();
      expect(holes(other[key] ?? ""), key).toEqual(holes(text));
    }
  });
});

it("names every purpose of the closed list", () => {
  expect(Object.keys(en.codes.purpose).toSorted()).toEqual([...PURPOSES]);
});
