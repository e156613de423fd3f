import account from "./account.json";
import codes from "./codes.json";
import door from "./door.json";
import events from "./events.json";
import home from "./home.json";
import neighbors from "./neighbors.json";
import notices from "./notices.json";
import open from "./open.json";
import orders from "./orders.json";
import places from "./places.json";
import problem from "./problem.json";
import requests from "./requests.json";
import shell from "./shell.json";

export const words = { account, codes, door, events, home, neighbors, notices, open, orders, places, problem, requests, shell };
