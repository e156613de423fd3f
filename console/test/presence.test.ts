import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { api } from "../src/api/client";

const sent = () => (vi.mocked(fetch).mock.lastCall?.[1]?.headers as Record<string, string>)["Consentry-Background"];

describe("an unattended desk", () => {
  beforeEach(() => {
    vi.useFakeTimers();
    vi.stubGlobal("fetch", vi.fn(() => Promise.resolve(new Response("{}"))));
  });

  afterEach(() => {
    vi.useRealTimers();
    vi.unstubAllGlobals();
  });

  it("says so, and a hand on the keyboard makes it attended again", async () => {
    dispatchEvent(new Event("pointerdown"));
    await api("GET", "/me");
    expect(sent()).toBeUndefined();
    vi.advanceTimersByTime(61_000);
    await api("GET", "/me");
    expect(sent()).toBe("1");
    dispatchEvent(new Event("keydown"));
    await api("GET", "/me");
    expect(sent()).toBeUndefined();
  });
});
