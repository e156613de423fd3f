/** The asks of this tab; they survive a reload, and with them the looks (their keys are in the key store). */
import { useCallback, useMemo, useState } from "react";
import { dropHolderKey } from "../crypto/keys";
import type { ViewCone } from "../map/geometry";

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
    drop: (id) => {
      dropHolderKey(id);
      keep(ids.filter((other) => other !== id));
    },
  };
}

export type SetPlace = (session: string, place: ViewCone | null) => void;

/** Where the cameras of running looks are: known while each look runs, forgotten at its end, stored nowhere. */
export function usePlaces(): { all: ViewCone[]; set: SetPlace } {
  const [places, setPlaces] = useState<Record<string, ViewCone>>({});
  const set = useCallback<SetPlace>((session, place) => {
    setPlaces((known) => {
      if (!place && !(session in known)) return known;
      const others = Object.fromEntries(Object.entries(known).filter(([id]) => id !== session));
      return place ? { ...others, [session]: place } : others;
    });
  }, []);
  return { all: useMemo(() => Object.values(places), [places]), set };
}
