/** MapLibre with the city's own basemap; everything that loads the library is behind this file. */
import { AttributionControl, Map as MapLibre, NavigationControl, addProtocol, setWorkerUrl } from "maplibre-gl";
import workerUrl from "maplibre-gl/dist/maplibre-gl-worker.mjs?worker&url";
import "maplibre-gl/dist/maplibre-gl.css";
import { PMTiles, Protocol } from "pmtiles";
import { drop, later } from "../app/awaited";
import { currentTheme, type Theme } from "../app/theme";
import { mapStyle } from "./style";

const BASEMAP = "/city/basemap.pmtiles";
let city: Promise<City> | undefined;

export interface City { basemap: string | undefined; bounds: [number, number, number, number] | undefined }

/** Where the city is, from its basemap; without one the map is plain ground. */
function findCity(): Promise<City> {
  city ??= (async () => {
    const address = new URL(BASEMAP, location.href).href;
    const archive = new PMTiles(address);
    const protocol = new Protocol();
    try {
      const head = await archive.getHeader();
      protocol.add(archive);
      addProtocol("pmtiles", protocol.tile);
      return { basemap: address, bounds: [head.minLon, head.minLat, head.maxLon, head.maxLat] };
    } catch {
      return { basemap: undefined, bounds: undefined };
    }
  })();
  return city;
}

export interface Made { map: MapLibre; onStyle: (draw: (map: MapLibre, theme: Theme) => void) => void; remove: () => void }

/** A map in `container`; what `onStyle` is given draws now and again after each change of colours. */
export async function makeMap(container: HTMLElement): Promise<Made> {
  setWorkerUrl(workerUrl);
  const { basemap, bounds } = await findCity();
  const map = new MapLibre({
    container,
    style: mapStyle(currentTheme(), basemap),
    ...(bounds ? { bounds, fitBoundsOptions: { padding: 24 } } : { center: [0, 20], zoom: 1 }),
    attributionControl: false,
    dragRotate: false,
    pitchWithRotate: false,
    fadeDuration: isDrawnSlowly() || matchMedia("(prefers-reduced-motion: reduce)").matches ? 0 : 200,
    trackResize: false,
  });
  const unwatch = followSize(map, container);
  map.touchZoomRotate.disableRotation();
  map.addControl(new NavigationControl({ showCompass: false }), "bottom-right");
  map.addControl(new AttributionControl({ compact: true }), "bottom-left");
  const draws: ((map: MapLibre, theme: Theme) => void)[] = [];
  const redraw = () => draws.forEach((draw) => draw(map, currentTheme()));
  const recolour = () => {
    map.setStyle(mapStyle(currentTheme(), basemap), { diff: false });
    map.once("style.load", redraw);
  };
  addEventListener("consentry-theme", recolour);
  await new Promise<void>((resolve) => void map.once("style.load", () => resolve()));
  return {
    map,
    onStyle: (draw) => {
      draws.push(draw);
      draw(map, currentTheme());
    },
    remove: () => {
      removeEventListener("consentry-theme", recolour);
      unwatch();
      map.remove();
    },
  };
}

/** Without a graphics card each frame costs a tenth of a second of the page: names that fade in cost several. */
function isDrawnSlowly(): boolean {
  const probe = document.createElement("canvas").getContext("webgl2", { failIfMajorPerformanceCaveat: true });
  probe?.getExtension("WEBGL_lose_context")?.loseContext();
  return probe === null;
}

/** The map takes the size of its container; one that shrinks while a picture is awaited is cut off until it is there. */
function followSize(map: MapLibre, container: HTMLElement): () => void {
  const key = {};
  let height = container.clientHeight;
  let width = container.clientWidth;
  const observer = new ResizeObserver(() => {
    if (container.clientHeight === height && container.clientWidth === width) return drop(key);
    const apply = () => {
      height = container.clientHeight;
      width = container.clientWidth;
      map.resize();
    };
    if (container.clientHeight > height || container.clientWidth > width) apply();
    else later(key, apply);
  });
  observer.observe(container);
  return () => {
    observer.disconnect();
    drop(key);
  };
}
