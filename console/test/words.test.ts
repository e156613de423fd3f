import { globSync, readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { PURPOSES } from "../src/app/purposes";
import { words as enWords } from "../src/i18n/en";
import { desk as enDesk } from "../src/i18n/en/desk";
import { words as esWords } from "../src/i18n/es";
import { desk as esDesk } from "../src/i18n/es/desk";
import { words as frWords } from "../src/i18n/fr";
import { desk as frDesk } from "../src/i18n/fr/desk";

const en = { ...enWords, ...enDesk };
const es = { ...esWords, ...esDesk };
const fr = { ...frWords, ...frDesk };

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

it("says the desk's words on no page that does not load them", () => {
  const atDesk = new RegExp(`["\x60](${Object.keys(enDesk).join("|")})\\.[a-z]`);
  const routes = readFileSync("src/app/router.tsx", "utf8");
  const rooms = (loader: RegExp) => new Set([...routes.matchAll(loader)].map((match) => match[1] ?? ""));
  const loading = rooms(/Component\(desk\(\(\) => import\("\.\.\/(\w+)/g);
  const plain = rooms(/Component\(\(\) => import\("\.\.\/(\w+)/g);
  expect(loading.size).toBeGreaterThan(0);
  expect([...plain].filter((room) => loading.has(room))).toEqual([]);
  for (const file of globSync("src/*/*.{ts,tsx}")) {
    const room = file.split("/")[1] ?? "";
    if (plain.has(room) || ["api", "app", "design", "map"].includes(room)) {
      expect(atDesk.test(readFileSync(file, "utf8")), file).toBe(false);
    }
  }
});
