import { useQueryClient } from "@tanstack/react-query";
import { useNavigate } from "@tanstack/react-router";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { api, type Problem } from "../api/client";
import { useLoaded } from "../api/loaded";
import type { DemoDoor, DemoEntry, Session } from "../api/types";
import { codeText } from "../app/codes";
import { startPage } from "../app/session";
import { importDeviceKey } from "../crypto/keys";
import { Failure } from "../design/failure";
import { prepare } from "./allauth";

/** One-click log-ins; only a demo on this machine answers, anybody else sees nothing here. */
export function DemoDoors() {
  const { t } = useTranslation();
  const doors = useLoaded<DemoDoor[]>("/demo/doors", { staleTime: 300_000 });
  const client = useQueryClient();
  const navigate = useNavigate();
  const [entering, setEntering] = useState("");
  const [problem, setProblem] = useState<Problem>();

  async function enter(door: DemoDoor) {
    setEntering(door.role);
    setProblem(undefined);
    await prepare();
    const entry = await api<DemoEntry>("POST", `/demo/doors/${door.role}`);
    const session = entry.ok ? await api<Session>("GET", "/session") : entry;
    if (!entry.ok || !session.ok) {
      setEntering("");
      return setProblem(entry.ok ? (session.ok ? undefined : session.problem) : entry.problem);
    }
    if (entry.data.device_key && session.data.person) {
      await importDeviceKey(session.data.person, entry.data.device_key);
    }
    await client.invalidateQueries();
    await navigate({ to: startPage(session.data) });
  }

  if (doors.state !== "ready" || doors.data.length === 0) return null;
  return (
    <div className="card stack">
      <div>
        <h2>{t("door.demo_title")}</h2>
        <p className="muted small">{t("door.demo_text")}</p>
      </div>
      <ul className="door-grid">
        {doors.data.map((door) => (
          <li key={door.role}>
            <button type="button" className="door-card" disabled={entering !== ""} onClick={() => void enter(door)}>
              <strong>{codeText(t, "role", door.role)}</strong>
              <span className="muted small">{codeText(t, "role_does", door.role, door.name)}</span>
              {entering === door.role && <span className="spin" aria-hidden="true" />}
            </button>
          </li>
        ))}
      </ul>
      {problem && <Failure problem={problem} />}
    </div>
  );
}
