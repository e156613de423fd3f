import { act, cleanup, renderHook } from "@testing-library/react";
import { afterEach, beforeEach, expect, it, vi } from "vitest";
import type { LiveSession } from "../src/api/types";
import type { FeedEvents } from "../src/live/feed-events";
import { HOLD_MS } from "../src/live/held";
import { useLook } from "../src/live/look";
import type { ScreenEvents } from "../src/live/screen";

let feed: FeedEvents;
let screen: ScreenEvents;
vi.mock("../src/crypto/keys", () => ({ findHolderKey: () => Promise.resolve({}) }));
vi.mock("../src/live/opening", () => ({ openingOf: () => Promise.resolve({ ok: true, data: {} }) }));
vi.mock("../src/live/feed", () => ({
  Feed: class {
    constructor(settings: { events: FeedEvents }) {
      feed = settings.events;
    }
    close() {}
    change() {}
  },
}));
vi.mock("../src/live/screen", () => ({
  AT_ONCE: {},
  BY_PARTS: {},
  canPlay: () => true,
  Screen: class {
    constructor(_video: unknown, _codec: string, events: ScreenEvents) {
      screen = events;
    }
    close() {}
  },
}));

const draw = vi.fn();
beforeEach(() => {
  vi.useFakeTimers();
  draw.mockClear();
  vi.spyOn(HTMLCanvasElement.prototype, "getContext").mockReturnValue({ drawImage: draw } as never);
});
afterEach(() => {
  cleanup();
  vi.useRealTimers();
  vi.restoreAllMocks();
});

/** A look whose first stream is on the glass; `held`: how many pictures are kept over it. */
async function looking() {
  const glass = document.createElement("div");
  const video = glass.appendChild(document.createElement("video"));
  Object.defineProperties(video, { videoWidth: { value: 960 }, videoHeight: { value: 540 }, readyState: { value: 4 } });
  const session = { id: "ses_1", stage: "live", end_reason: null } as unknown as LiveSession;
  const ref = { current: video };
  const hook = renderHook((now: LiveSession) => useLook("ask_1", now, ref).look.at, { initialProps: session });
  await act(() => vi.advanceTimersByTimeAsync(0));
  act(() => feed.onCodec("avc1.64001f", "socket"));
  act(() => screen.onFirstFrame());
  return { ...hook, session, held: () => glass.querySelectorAll("canvas").length };
}

it("keeps the last picture while the other stream opens, and no longer than its first picture", async () => {
  const look = await looking();
  expect(look.held()).toBe(0);
  act(() => feed.onCodec("avc1.64000c", "socket"));
  expect(look.held()).toBe(1);
  expect(draw).toHaveBeenCalledOnce();
  act(() => screen.onFirstFrame());
  expect(look.held()).toBe(0);
});

it("shows no old picture for more than a second, and one at a time", async () => {
  const look = await looking();
  act(() => feed.onCodec("avc1.64000c", "socket"));
  act(() => feed.onCodec("avc1.64001f", "socket"));
  expect(look.held()).toBe(1);
  expect(HOLD_MS).toBeLessThanOrEqual(1_000);
  act(() => void vi.advanceTimersByTime(HOLD_MS));
  expect(look.held()).toBe(0);
});

it("leaves nothing on the glass when the look ends, by whatever way", async () => {
  const told = await looking();
  act(() => feed.onCodec("avc1.64000c", "socket"));
  act(() => feed.onEnd("owner_stopped"));
  expect(told.held()).toBe(0);
  expect(told.result.current).toBe("ended");

  const seen = await looking();
  act(() => feed.onCodec("avc1.64000c", "socket"));
  seen.rerender({ ...seen.session, stage: "ended", end_reason: "revoked" } as unknown as LiveSession);
  expect(seen.held()).toBe(0);

  const left = await looking();
  act(() => feed.onCodec("avc1.64000c", "socket"));
  left.unmount();
  expect(left.held()).toBe(0);

  const other = await looking();
  act(() => feed.onCodec("avc1.64000c", "socket"));
  act(() => feed.onWay("webrtc"));
  expect(other.held()).toBe(0);
});
