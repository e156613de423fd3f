import { useMemo } from "react";
import { useTranslation } from "react-i18next";
import { useLoaded } from "../api/loaded";
import type { MobilePlace, PublicCamera } from "../api/types";
import { useNow } from "../app/format";
import type { Moving } from "../map/moving";

/** Older than this, a drone may be somewhere else (the gateway tells twice a second). */
export const STALE_MS = 10_000;
const COMPASS = ["n", "ne", "e", "se", "s", "sw", "w", "nw"] as const;

/** When each place was heard, by our own clock: the answer says how old it was when it came. */
export function heardAt(places: readonly MobilePlace[], at: number): Map<string, number> {
  return new Map(places.map((place) => [place.camera, at - place.age_ms]));
}

/** Where the agency's drones are; the same list until a place or a staleness changes, so that nothing is painted anew. */
export function useMoving(): readonly Moving[] {
  const loaded = useLoaded<MobilePlace[]>("/mobile-places", { refetchInterval: 30_000 });
  const places = loaded.state === "ready" ? loaded.data : undefined;
  const heard = useMemo(() => heardAt(places ?? [], Date.now()), [places]);
  const now = useNow();
  const stale = (places ?? []).map((place) => now - (heard.get(place.camera) ?? now) > STALE_MS);
  const key = stale.join();
  return useMemo(
    () => (places ?? []).map((place, at) => ({ ...place, stale: key.split(",")[at] === "true" })),
    [places, key],
  );
}

/** City cameras where they are now: what is asked for and how far it is away goes by the last place. */
export function whereTheyAre(cameras: readonly PublicCamera[], moving: readonly Moving[]): PublicCamera[] {
  const places = new Map(moving.map((one) => [one.camera, one]));
  return cameras.map((camera) => {
    const place = places.get(camera.id);
    return place ? { ...camera, lat: place.lat, lon: place.lon } : camera;
  });
}

export function compass(degrees: number): (typeof COMPASS)[number] {
  return COMPASS[Math.round(degrees / 45) % 8] ?? "n";
}

/** The same as the map shows, in words. */
export function MovingList({ moving }: { moving: readonly Moving[] }) {
  const { t } = useTranslation();
  if (moving.length === 0) return null;
  return (
    <>
      <p>{t("analyst.moving")}</p>
      <ul>
        {moving.map((one) => (
          <li key={one.camera} className={one.stale ? "muted" : undefined}>
            <i className="key drone-key" style={{ rotate: `${String(one.looks_deg ?? 0)}deg` }} />
            <span>
              {one.name}
              <small className="muted">
                {one.stale ? t("analyst.moving_stale") : [
                  one.altitude_m === null ? "" : t("analyst.moving_height", { metres: Math.round(one.altitude_m) }),
                  one.looks_deg === null ? "" : t(`analyst.looks_${compass(one.looks_deg)}`),
                ].filter(Boolean).join(", ")}
              </small>
            </span>
          </li>
        ))}
      </ul>
    </>
  );
}
