/** Events carry ids only: each kind says which answers are stale, and the authorised API is asked again. */
import type { QueryClient } from "@tanstack/react-query";

/** Kind of event → first parts of the paths to fetch again. */
export const STALE: Record<string, readonly string[]> = {
  "ask.changed": ["asks", "home"],
  "camera.changed": ["cameras", "home", "public-cameras"],
  "consent.changed": ["cameras", "home"],
  "grant.changed": ["asks", "live", "home"],
  "home.changed": ["home"],
  "incident.changed": ["incidents"],
  "look.changed": ["home", "public"],
  "programme.changed": ["agency", "programmes"],
  "session.changed": ["asks", "live", "home"],
  "session.logged": ["asks", "live", "home"],
};

/** Listen until the returned function is called; after a gap everything is fetched again. */
export function listen(client: QueryClient, source = new EventSource("/api/events")): () => void {
  let dropped = false;
  source.addEventListener("error", () => {
    dropped = true;
  });
  source.addEventListener("open", () => {
    if (dropped) void client.invalidateQueries();
    dropped = false;
  });
  for (const [kind, roots] of Object.entries(STALE)) {
    source.addEventListener(kind, () => {
      for (const root of roots) void client.invalidateQueries({ queryKey: [root] });
    });
  }
  return () => source.close();
}
