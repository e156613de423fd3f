import { QueryClient, QueryClientProvider } from "@tanstack/react-query";
import { act, cleanup, renderHook, waitFor } from "@testing-library/react";
import type { ReactNode } from "react";
import { afterEach, expect, it, vi } from "vitest";
import { useLoaded } from "../src/api/loaded";

afterEach(() => {
  cleanup();
  vi.unstubAllGlobals();
});

/** What the server answers, one after the other; null: the line is cut. */
function answers(...statuses: (number | null)[]) {
  vi.stubGlobal("fetch", () => {
    const status = statuses.shift() ?? 200;
    return status === null ? Promise.reject(new TypeError("cut")) : Promise.resolve(new Response('{"stage":"live"}', { status }));
  });
}

function looking(holds: boolean) {
  const client = new QueryClient({ defaultOptions: { queries: { retry: false } } });
  const wrapper = ({ children }: { children: ReactNode }) => <QueryClientProvider client={client}>{children}</QueryClientProvider>;
  const { result } = renderHook(() => useLoaded("/live/sessions/ses_a", { holds }), { wrapper });
  const again = () => act(async () => {
    await client.refetchQueries();
    await new Promise((shown) => setTimeout(shown, 10)); // answers are told to the page a moment later
  });
  return { result, again };
}

it("keeps a look on the wall while the server does not answer for a moment", async () => {
  answers(200, null, 503, 429, 200);
  const { result, again } = looking(true);
  await waitFor(() => expect(result.current.state).toBe("ready"));
  for (let turn = 0; turn < 4; turn += 1) {
    await again();
    expect(result.current).toEqual({ state: "ready", data: { stage: "live" } });
  }
});

it("takes it off when the server says that there is none, and shows a first failure as one", async () => {
  answers(503, 200, 404);
  const { result, again } = looking(true);
  await waitFor(() => expect(result.current.state).toBe("failed"));
  await again();
  expect(result.current.state).toBe("ready");
  await again();
  expect(result.current.state).toBe("failed");
});

it("holds nothing where nobody asked for it", async () => {
  answers(200, 503);
  const { result, again } = looking(false);
  await waitFor(() => expect(result.current.state).toBe("ready"));
  await again();
  expect(result.current.state).toBe("failed");
});
