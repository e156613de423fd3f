/** The map's look, made here: no style server, no glyph server (text is drawn with the reader's own fonts). */
import type { LayerSpecification, StyleSpecification } from "maplibre-gl";
import type { Theme } from "../app/theme";

export interface Palette {
  ground: string; water: string; park: string; building: string; road: string; casing: string; major: string;
  text: string; halo: string; accent: string; live: string; muted: string; cell: string;
}

export const PALETTES: Record<Theme, Palette> = {
  light: {
    ground: "#f2f1ed", water: "#c4d9e4", park: "#d9e6d2", building: "#e4e1da", road: "#ffffff", casing: "#d9d6cf",
    major: "#fbeccb", text: "#4b5154", halo: "#f7f6f3", accent: "#0b5d57", live: "#b3261e", muted: "#6d777c",
    cell: "#4b6cb7",
  },
  dark: {
    ground: "#14191c", water: "#10242f", park: "#18251c", building: "#1e2529", road: "#333d43", casing: "#0f1315",
    major: "#4a4636", text: "#a9b4b9", halo: "#14191c", accent: "#4fc4b5", live: "#ff8b7e", muted: "#76838a",
    cell: "#7f9ce0",
  },
};

const FONT = ["system-ui, sans-serif"];
const MAJOR = ["motorway", "trunk", "primary", "secondary"];

export function mapStyle(theme: Theme, basemap: string | undefined): StyleSpecification {
  const colours = PALETTES[theme];
  const ground: LayerSpecification = { id: "ground", type: "background", paint: { "background-color": colours.ground } };
  if (!basemap) return { version: 8, sources: {}, layers: [ground] };
  return {
    version: 8,
    sources: { city: { type: "vector", url: `pmtiles://${basemap}` } },
    layers: [ground, ...areas(colours), ...roads(colours), ...names(colours)],
  };
}

function areas(colours: Palette): LayerSpecification[] {
  const fill = (layer: string, colour: string, minzoom = 0): LayerSpecification => ({
    id: layer, type: "fill", source: "city", "source-layer": layer, minzoom,
    filter: ["==", ["geometry-type"], "Polygon"], paint: { "fill-color": colour },
  });
  const stream: LayerSpecification = {
    id: "streams", type: "line", source: "city", "source-layer": "water",
    filter: ["==", ["geometry-type"], "LineString"], paint: { "line-color": colours.water, "line-width": 2 },
  };
  return [fill("parks", colours.park), fill("water", colours.water), stream, fill("buildings", colours.building, 14)];
}

function roads(colours: Palette): LayerSpecification[] {
  const kind = ["coalesce", ["get", "kind"], ["get", "highway"], ["get", "class"], ""];
  const isMajor = ["in", kind, ["literal", MAJOR]];
  const width = (extra: number) =>
    ["interpolate", ["exponential", 1.6], ["zoom"], 11, ["case", isMajor, 1.4, 0.5], 14,
      ["case", isMajor, 4 + extra, 2 + extra], 18, ["case", isMajor, 22 + extra * 2, 13 + extra * 2]];
  const line = (id: string, colour: unknown, extra: number) => ({
    id, type: "line", source: "city", "source-layer": "roads",
    layout: { "line-cap": "round", "line-join": "round" },
    paint: { "line-color": colour, "line-width": width(extra) },
  }) as LayerSpecification;
  return [
    line("road-casing", colours.casing, 1.5),
    line("road", ["case", isMajor, colours.major, colours.road], 0),
  ];
}

function names(colours: Palette): LayerSpecification[] {
  const paint = { "text-color": colours.text, "text-halo-color": colours.halo, "text-halo-width": 1.4 };
  return [
    {
      id: "road-names", type: "symbol", source: "city", "source-layer": "roads", minzoom: 14,
      filter: ["has", "name"], paint,
      layout: { "symbol-placement": "line", "text-field": ["get", "name"], "text-font": FONT, "text-size": 11,
        "symbol-spacing": 320 },
    },
    {
      id: "place-names", type: "symbol", source: "city", "source-layer": "names", paint,
      layout: { "text-field": ["get", "name"], "text-font": FONT, "text-size": 12, "text-max-width": 8 },
    },
  ];
}
