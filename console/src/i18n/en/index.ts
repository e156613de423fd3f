import analyst from "./analyst.json";
import codes from "./codes.json";
import door from "./door.json";
import field from "./field.json";
import home from "./home.json";
import live from "./live.json";
import office from "./office.json";
import open from "./open.json";
import problem from "./problem.json";
import redaction from "./redaction.json";
import shell from "./shell.json";
import vault from "./vault.json";

export const words = { analyst, codes, door, field, home, live, office, open, problem, redaction, shell, vault };
