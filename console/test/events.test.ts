// @vitest-environment jsdom
/** The stream begins where the session said, so that nothing falls between the first answers and it. */
import { QueryClient } from "@tanstack/react-query";
import { afterEach, expect, test, vi } from "vitest";
import { listen } from "../src/api/events";

afterEach(() => vi.unstubAllGlobals());

test("the first stream resumes at the session's place, the next ones at the newest that was heard", async () => {
  const asked: string[] = [];
  const body = (text: string) => new ReadableStream<Uint8Array>({
    start: (controller) => {
      controller.enqueue(new TextEncoder().encode(text));
      controller.close();
    },
  });
  vi.useFakeTimers();
  vi.stubGlobal("fetch", (_: string, init: RequestInit) => {
    asked.push(new Headers(init.headers).get("Last-Event-ID") ?? "none");
    return Promise.resolve({ ok: true, body: body("retry: 2000\nid: 41\n\nid: 57\nevent: home.changed\ndata: {\"id\":\"x\"}\n\n") });
  });
  const stop = listen(new QueryClient(), 41);
  await vi.waitFor(() => expect(asked).toHaveLength(1));
  await vi.advanceTimersByTimeAsync(2_100);
  await vi.waitFor(() => expect(asked).toHaveLength(2));
  stop();
  vi.useRealTimers();
  expect(asked).toEqual(["41", "57"]);
});
