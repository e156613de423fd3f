import { useEffect, useRef, useState } from "react";
import { useTranslation } from "react-i18next";
import { drop, later } from "../app/awaited";
import { currentTheme } from "../app/theme";
import { makeMap, type Made } from "./engine";
import { draw, type Shown } from "./layers";
import "./map.css";

interface Props extends Shown { onCall: (id: string) => void; onCamera: (id: string) => void }

/** The analyst's map. Everything on it is also in the lists beside it, for keyboard and screen reader. */
export function CityMap({ onCall, onCamera, ...shown }: Props) {
  const { t } = useTranslation();
  const box = useRef<HTMLDivElement>(null);
  const latest = useRef({ shown, onCall, onCamera });
  latest.current = { shown, onCall, onCamera };
  const [made, setMade] = useState<Made>();
  const drawnSelected = useRef<string>(undefined);

  useEffect(() => {
    const element = box.current;
    if (!element) return;
    let gone = false;
    let mine: Made | undefined;
    void makeMap(element).then((ready) => {
      mine = ready;
      if (gone) return ready.remove();
      ready.onStyle((map, theme) => draw(map, theme, latest.current.shown));
      listenForPicks(ready, latest);
      setMade(ready);
    });
    return () => {
      gone = true;
      mine?.remove();
    };
  }, []);

  const { incidents, cameras, moving, cells, selected, chosenCameras, looks } = shown;
  useEffect(() => {
    if (!made?.map.isStyleLoaded() && !made?.map.getSource("calls")) return;
    const paint = () => draw(made.map, currentTheme(), latest.current.shown);
    // What its user just did is answered at once.
    if (drawnSelected.current !== selected) paint();
    else later(made, paint);
    drawnSelected.current = selected;
    return () => drop(made);
  }, [made, incidents, cameras, moving, cells, selected, chosenCameras, looks]);

  const place = incidents.find((call) => call.id === selected);
  const lat = place?.lat ?? undefined;
  const lon = place?.lon ?? undefined;
  useEffect(() => {
    if (!made || lat === undefined || lon === undefined) return;
    made.map.easeTo({ center: [lon, lat], zoom: Math.max(made.map.getZoom(), 15), duration: 500 });
  }, [made, lat, lon]);

  return <div ref={box} className="map" role="region" aria-label={t("shell.city_map")} />;
}

interface Latest { current: { onCall: (id: string) => void; onCamera: (id: string) => void } }

function listenForPicks({ map }: Made, latest: Latest): void {
  const pick = (layer: string, tell: (id: string) => void) => {
    map.on("click", layer, (event) => {
      const id: unknown = event.features?.[0]?.properties["id"];
      if (typeof id === "string") tell(id);
    });
    map.on("mouseenter", layer, () => { map.getCanvas().style.cursor = "pointer"; });
    map.on("mouseleave", layer, () => { map.getCanvas().style.cursor = ""; });
  };
  pick("calls", (id) => latest.current.onCall(id));
  pick("cameras", (id) => latest.current.onCamera(id));
  pick("moving", (id) => latest.current.onCamera(id));
}
