import { describe, expect, it } from "vitest";
import { parseList } from "../src/live/hls-list";

const LIST = `#EXTM3U
#EXT-X-VERSION:9
#EXT-X-TARGETDURATION:4
#EXT-X-SERVER-CONTROL:CAN-BLOCK-RELOAD=YES,PART-HOLD-BACK=1.500
#EXT-X-PART-INF:PART-TARGET=0.500
#EXT-X-MEDIA-SEQUENCE:7
#EXT-X-DISCONTINUITY-SEQUENCE:0
#EXT-X-MAP:URI="init-0.mp4"
#EXT-X-PROGRAM-DATE-TIME:2026-11-28T19:00:00.000Z
#EXT-X-PART:DURATION=0.480,URI="7.0.m4s",INDEPENDENT=YES
#EXT-X-PART:DURATION=0.320,URI="7.1.m4s"
#EXTINF:0.800,
7.m4s
#EXT-X-DISCONTINUITY
#EXT-X-MAP:URI="init-1.mp4"
#EXT-X-PROGRAM-DATE-TIME:2026-11-28T19:00:00.800Z
#EXT-X-PART:DURATION=0.480,URI="8.0.m4s",INDEPENDENT=YES
#EXT-X-PART:DURATION=0.480,URI="8.1.m4s"
#EXT-X-PRELOAD-HINT:TYPE=PART,URI="8.2.m4s"
`;

describe("a playlist of the gateway", () => {
  it("begins at the newest part that can be shown by itself, with the initialisation that it needs", () => {
    const { fresh, nextQuery } = parseList(LIST);
    expect(fresh(undefined).map(({ name, init }) => [name, init])).toEqual([["8.0.m4s", "init-1.mp4"], ["8.1.m4s", "init-1.mp4"]]);
    expect(nextQuery).toBe("?_HLS_msn=8&_HLS_part=2");
  });

  it("goes on after the last part, over segments and a camera that changed", () => {
    const { fresh } = parseList(LIST);
    const [, second] = parseList(LIST.replace(",INDEPENDENT=YES\n#EXT-X-PART:DURATION=0.480,URI=\"8.1", "\n#EXT-X-PART:DURATION=0.480,URI=\"8.1")).fresh(undefined);
    expect(second?.name).toBe("7.1.m4s");
    expect(fresh(second).map(({ name }) => name)).toEqual(["8.0.m4s", "8.1.m4s"]);
    expect(fresh(fresh(second).at(-1))).toEqual([]);
  });

  it("asks for the next segment once one is whole, and reads nothing out of nonsense", () => {
    expect(parseList("#EXT-X-MEDIA-SEQUENCE:3\n#EXT-X-PART:DURATION=0.5,URI=\"3.0.m4s\"\n#EXTINF:0.5,\n3.m4s\n").nextQuery).toBe("?_HLS_msn=4&_HLS_part=0");
    expect(parseList("<html>").fresh(undefined)).toEqual([]);
  });
});
