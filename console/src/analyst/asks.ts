/** The asks of this tab; they survive a reload, and with them the looks (their keys are in the key store). */
import { useState } from "react";

const KEY = "consentry-asks";

function kept(): string[] {
  try {
    return JSON.parse(sessionStorage.getItem(KEY) ?? "[]") as string[];
  } catch {
    return [];
  }
}

export function useAsks(): { ids: string[]; add: (id: string) => void; drop: (id: string) => void } {
  const [ids, setIds] = useState(kept);
  const keep = (next: string[]) => {
    sessionStorage.setItem(KEY, JSON.stringify(next));
    setIds(next);
  };
  return {
    ids,
    add: (id) => keep([id, ...ids.filter((other) => other !== id)].slice(0, 12)),
    drop: (id) => keep(ids.filter((other) => other !== id)),
  };
}
