import analyst from "./analyst.json";
import codes from "./codes.json";
import door from "./door.json";
import events from "./events.json";
import field from "./field.json";
import home from "./home.json";
import live from "./live.json";
import neighbors from "./neighbors.json";
import notices from "./notices.json";
import office from "./office.json";
import open from "./open.json";
import places from "./places.json";
import problem from "./problem.json";
import redaction from "./redaction.json";
import requests from "./requests.json";
import shell from "./shell.json";
import vault from "./vault.json";

export const words = { analyst, codes, door, events, field, home, live, neighbors, notices, office, open, places, problem, redaction, requests, shell, vault };
