/** Reads our gateway's playlists: which parts there are, and what to ask for next. */

export interface Listed { segment: number; part: number; name: string; init: string; independent: boolean }

export interface List {
  /** The parts after `last`; without one, from the newest on that can be shown by itself. */
  fresh: (last: Listed | undefined) => Listed[];
  /** What makes the next fetch wait for what is not in this one. */
  nextQuery: string;
}

export function parseList(text: string): List {
  const parts: Listed[] = [];
  let segment = 0;
  let part = 0;
  let init = "";
  for (const line of text.split("\n")) {
    const sequence = /^#EXT-X-MEDIA-SEQUENCE:(\d+)$/.exec(line)?.[1];
    if (sequence) segment = Number(sequence);
    init = /^#EXT-X-MAP:URI="([\w.-]+)"$/.exec(line)?.[1] ?? init;
    const name = /^#EXT-X-PART:.*URI="([\d.]+m4s)"/.exec(line)?.[1];
    if (name) parts.push({ segment, part: part++, name, init, independent: line.includes(",INDEPENDENT=YES") });
    if (/^\d+\.m4s$/.test(line)) {
      segment += 1;
      part = 0;
    }
  }
  return {
    fresh: (last) => last
      ? parts.filter((one) => one.segment > last.segment || (one.segment === last.segment && one.part > last.part))
      : parts.slice(Math.max(0, parts.findLastIndex((one) => one.independent))),
    nextQuery: `?_HLS_msn=${segment}&_HLS_part=${part}`,
  };
}
