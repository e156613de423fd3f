import { lazy, Suspense, useMemo, useState } from "react";
import { useTranslation } from "react-i18next";
import type { FeatureCollection } from "geojson";
import { Show, useLoaded, type Loaded } from "../api/loaded";
import type { Incident, PublicCamera } from "../api/types";
import { rolesOf, Seated, WATCHERS } from "../app/session";
import { Skeleton } from "../design/skeleton";
import "./analyst.css";
import { Agreements } from "./agreements";
import { AskPanel } from "./ask";
import { Calls } from "./calls";
import { Legend } from "./legend";
import { useMoving, whereTheyAre } from "./moving";
import { Wall } from "./wall";
import { useAsks, usePlaces } from "./asks";

const CityMap = lazy(() => import("../map/city-map").then((module) => ({ default: module.CityMap })));

export function Watch() {
  return <Seated roles={WATCHERS}>{(session) => <Desk agrees={rolesOf(session).includes("supervisor")} />}</Seated>;
}

const NONE: never[] = [];

/** The same list until another one is loaded: whatever compares it sees no change where there is none. */
function listOf<T>(loaded: Loaded<T[]>): T[] {
  return loaded.state === "ready" ? loaded.data : NONE;
}

/** Calls, map, ask and the wall of what is being looked at. */
function Desk({ agrees }: { agrees: boolean }) {
  const { t } = useTranslation();
  const calls = useLoaded<Incident[]>("/incidents?open=true", { refetchInterval: 30_000 });
  const registered = useLoaded<PublicCamera[]>("/public-cameras");
  const moving = useMoving();
  const standing = listOf(registered);
  const cameras = useMemo(() => whereTheyAre(standing, moving), [standing, moving]);
  const cells = useLoaded<FeatureCollection>("/cells", { staleTime: 300_000 });
  const asks = useAsks();
  const places = usePlaces();
  const [selected, setSelected] = useState<string>();
  const [chosen, setChosen] = useState<readonly string[]>([]);
  const call = listOf(calls).find((item) => item.id === selected);

  const toggle = (id: string) =>
    setChosen(chosen.includes(id) ? chosen.filter((other) => other !== id) : [...chosen, id].slice(-5));

  return (
    <main className="desk" id="main">
      <h1 className="vh">{t("analyst.title")}</h1>
      <section className="desk-calls" aria-label={t("analyst.calls")}>
        <Show of={calls} lines={6}>
          {(items) => <Calls calls={items} selected={selected} onSelect={setSelected} />}
        </Show>
      </section>
      <div className="desk-centre">
        <section className="desk-map">
          <Suspense fallback={<div className="desk-map-wait"><Skeleton lines={1} /></div>}>
            <CityMap
              incidents={listOf(calls)} cameras={cameras} moving={moving}
              cells={cells.state === "ready" ? cells.data : undefined} looks={places.all}
              selected={selected} chosenCameras={chosen} onCall={setSelected} onCamera={toggle}
            />
          </Suspense>
          <Legend moving={moving} />
        </section>
        <Wall asks={asks.ids} onDismiss={asks.drop} onPlace={places.set} />
      </div>
      <section className="desk-work" aria-label={t("analyst.work")}>
        {agrees && <Agreements calls={listOf(calls)} />}
        <AskPanel
          call={call} cameras={cameras} chosen={chosen} onToggle={toggle}
          onAsked={(ask) => {
            asks.add(ask);
            setChosen([]);
          }}
        />
      </section>
    </main>
  );
}
