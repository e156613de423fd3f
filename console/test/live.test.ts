import { QueryClient } from "@tanstack/react-query";
import { describe, expect, it, vi } from "vitest";
import { newestPerGrant } from "../src/analyst/wall";
import { parseEvents, refresh } from "../src/api/events";
import { fromStandardB64 } from "../src/crypto/bytes";
import { spans } from "../src/home/terms-form";
import { AT_ONCE, BY_PARTS, liveEdge, zeroBefore } from "../src/live/screen";
import { decodeTimeOf, parsePiece, showTimeOf, timescaleOf } from "../src/live/wire";
import { bearing, cone, destination, distanceM } from "../src/map/geometry";
import vector from "./vectors/fmp4.json";

const fragment = fromStandardB64(vector.fragment);

describe("the gateway's messages", () => {
  it("are a kind, a wall clock and the bytes", () => {
    const message = new Uint8Array(9 + fragment.length);
    message[0] = 2;
    new DataView(message.buffer).setBigUint64(1, 1_764_000_000_123_456n);
    message.set(fragment, 9);
    const piece = parsePiece(message.buffer);
    expect(piece?.kind).toBe("fragment");
    expect(piece?.wallUs).toBe(1_764_000_000_123_456);
    expect(piece?.bytes).toEqual(fragment);
  });

  it("are ignored when they are no such thing", () => {
    expect(parsePiece(new ArrayBuffer(4))).toBeUndefined();
    expect(parsePiece(Uint8Array.of(9, 0, 0, 0, 0, 0, 0, 0, 0, 1).buffer)).toBeUndefined();
  });

  it("carry the times that the server's muxer wrote", () => {
    expect(decodeTimeOf(fragment)).toBe(vector.dts);
    expect(showTimeOf(fragment)).toBe(vector.dts + vector.offset);
    expect(timescaleOf(fromStandardB64(vector.init))).toBe(vector.timescale);
  });

  it("do not break the player when they are cut off", () => {
    for (let size = 0; size < 120; size += 7) expect(() => showTimeOf(fragment.slice(0, size))).not.toThrow();
  });
});

describe("the zero of a picture's element", () => {
  it("lies before the first picture however a browser rounds the two to µs", () => {
    for (const timescale of [90_000, 48_000, 12_800, 1_000]) {
      for (let ticks = 0; ticks < 9e9; ticks = ticks * 3 + 7) {
        const picture = (ticks * 1e6) / timescale;
        const zero = zeroBefore(ticks, timescale) * 1e6;
        const [soonest, latest] = [Math.floor(picture) - Math.ceil(zero), Math.ceil(picture) - Math.floor(zero)];
        expect(soonest, `${ticks}/${timescale}`).toBeGreaterThanOrEqual(0);
        expect(latest, `${ticks}/${timescale}`).toBeLessThan(2_500);
      }
    }
  });
});

it("after a gap goes to the newest picture, not to the end of the length that the gap gives it", () => {
  const usual = liveEdge(10.08, 10, AT_ONCE);
  expect(usual).toBe(10.08);
  const newest = 13.5;
  expect(liveEdge(newest + 3.4, newest, AT_ONCE) - AT_ONCE.target_s).toBeCloseTo(newest);
  expect(liveEdge(newest + 3.4, newest, BY_PARTS) - BY_PARTS.target_s).toBeCloseTo(newest);
});

describe("events", () => {
  it("are read block by block, the last one only when it is whole", () => {
    const { events, rest } = parseEvents("id: 4\nevent: look.started\ndata: {}\n\n: still here\n\nid: 5\nevent: lo");
    expect(events).toEqual([{ id: "4", kind: "look.started", about: "" }, { id: "", kind: "", about: "" }]);
    expect(rest).toBe("id: 5\nevent: lo");
  });

  it("make the owner's page stale, and all of it for a kind that is not known", () => {
    const client = new QueryClient();
    const stale = vi.spyOn(client, "invalidateQueries");
    refresh(client, "look.started");
    expect(stale.mock.calls.map(([what]) => what?.queryKey)).toEqual([["home"], ["notices"], ["public"]]);
    refresh(client, "signed-out");
    expect(stale.mock.lastCall).toEqual([]);
    refresh(client, "");
    expect(stale).toHaveBeenCalledTimes(4);
  });
});

describe("an event that names an object", () => {
  const settle = { meta: { isAtRest: (data: unknown) => (data as { over: boolean }).over } };

  function stale(kind: string, about: string): string[] {
    const client = new QueryClient();
    for (const [key, over] of [["asks/ask_a", true], ["asks/ask_b", false], ["live/sessions/ses_a", true], ["live/sessions/ses_b", false]] as const) {
      client.getQueryCache().build(client, { queryKey: key.split("/"), ...settle }).setData({ over });
    }
    refresh(client, kind, about);
    return client.getQueryCache().getAll().filter((query) => query.state.isInvalidated).map((query) => query.queryKey.at(-1) as string);
  }

  it("leaves other objects of its sort alone, and all that is at rest", () => {
    expect(stale("session.live", "ses_b")).toEqual(["ask_b", "ses_b"]);
    expect(stale("session.opened", "ses_c")).toEqual(["ask_b"]);
    expect(stale("ask.decided", "ask_b")).toEqual(["ask_b"]);
  });

  it("wakes what is at rest when it is the one named", () => {
    expect(stale("ask.agreed", "ask_a")).toEqual(["ask_a"]);
    expect(stale("session.ended", "ses_a")).toEqual(["ask_b", "ses_a"]);
  });

  it("makes all of it stale when it names none", () => {
    expect(stale("session.ended", "")).toEqual(["ask_a", "ask_b", "ses_a", "ses_b"]);
  });
});

it("shows one tile per grant, the newest session of it", () => {
  const session = (id: string, grant: string, since: string) =>
    ({ id, grant, since, klass: "private" as const, expires_at: since, ended: false });
  const shown = newestPerGrant([session("a", "g", "1"), session("b", "g", "2"), session("c", "h", "1")]);
  expect(shown.map((one) => one.id)).toEqual(["b", "c"]);
});

it("writes hours over midnight as two spans, and a whole day as one", () => {
  const days = [0, 1, 2, 3, 4, 5, 6];
  expect(spans(1200, 360)).toEqual([{ days, from_min: 1200, to_min: 1440 }, { days, from_min: 0, to_min: 360 }]);
  expect(spans(0, 1440)).toEqual([{ days, from_min: 0, to_min: 1440 }]);
});

describe("views on the map", () => {
  it("put the far end where heading and range say", () => {
    const [lon = 0, lat = 0] = destination(41, -40, 90, 100);
    expect(distanceM(41, -40, lat, lon)).toBeCloseTo(100, 1);
    expect(bearing(41, -40, lat, lon)).toBeCloseTo(90, 1);
  });

  it("are sectors with the camera at the tip, and circles without a heading", () => {
    const view = { lat: 41, lon: -40, heading_deg: 0, fov_deg: 90, range_m: 50 };
    expect(cone(view).geometry.coordinates[0]?.[0]).toEqual([-40, 41]);
    const round = cone({ ...view, heading_deg: null }).geometry.coordinates[0] ?? [];
    expect(round).not.toContainEqual([-40, 41]);
  });
});
