import analyst from "./analyst.json";
import field from "./field.json";
import live from "./live.json";
import office from "./office.json";
import redaction from "./redaction.json";
import vault from "./vault.json";

export const desk = { analyst, field, live, office, redaction, vault };
