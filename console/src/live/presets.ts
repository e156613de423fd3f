/** Places that a camera remembers, as its edge or the gateway names them: texts of strangers, so they are read with care. */

export interface Preset { token: string; name: string }

const MOST = 32;
const MAX_CHARS = 64;

/** What can be used of it; the rest is passed over. */
export function presetsIn(said: unknown): Preset[] {
  if (!Array.isArray(said)) return [];
  return said.slice(0, MOST).flatMap((item: { token?: unknown; name?: unknown } | null) => {
    const token = item?.token;
    if (typeof token !== "string" || token === "" || token.length > MAX_CHARS) return [];
    return [{ token, name: typeof item?.name === "string" ? item.name.slice(0, MAX_CHARS) : "" }];
  });
}
