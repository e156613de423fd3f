import { readFileSync } from "node:fs";
import { expect, it } from "vitest";
import en from "../src/i18n/en/codes.json";
import es from "../src/i18n/es/codes.json";
import fr from "../src/i18n/fr/codes.json";

const cedar = readFileSync("../policies/access.cedar", "utf8");
const texts = JSON.parse(readFileSync("../policies/texts.json", "utf8")) as Record<string, Record<string, string>>;

it("says each rule of the policy in the policy's own words, in each language", () => {
  const rules = [...cedar.matchAll(/@id\("([^"]+)"\)[\s\S]*?@text\("((?:[^"\\]|\\.)*)"\)/g)];
  expect(rules.length).toBeGreaterThan(30);
  for (const [, id = "", text = ""] of rules) {
    const key = id.replaceAll(".", "_") as keyof typeof en.rule;
    expect(en.rule[key], id).toBe(text);
    expect(fr.rule[key], id).toBe(texts[id]?.["fr"]);
    expect(es.rule[key], id).toBe(texts[id]?.["es"]);
  }
});
