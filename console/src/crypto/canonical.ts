/** RFC 8785 canonical JSON, integers only: the one byte string that is hashed and signed. */
import { utf8, type Bytes } from "./bytes";

export type Plain = string | number | boolean | Plain[] | { [key: string]: Plain };

/** Throws on a number that is not a safe integer, as the server does. */
export function canonical(value: Plain): Bytes {
  return utf8(write(value));
}

function write(value: Plain): string {
  if (typeof value === "number" && !Number.isSafeInteger(value)) throw new TypeError("integers only");
  if (typeof value !== "object") return JSON.stringify(value);
  if (Array.isArray(value)) return `[${value.map(write).join(",")}]`;
  const keys = Object.keys(value).sort();
  return `{${keys.map((key) => `${JSON.stringify(key)}:${write(value[key] as Plain)}`).join(",")}}`;
}
