import { useCallback, useEffect, useMemo, useRef, useState } from "react";
import { useTranslation } from "react-i18next";
import { api, type Problem } from "../api/client";
import type { Watched } from "../api/types";
import { Bar } from "../design/bar";
import { Failure } from "../design/failure";
import { ReelPlayer } from "./player";

const AGAIN_MS = 2_000;

/** The copy that bears the recipient's name: made from where it is played on, and played wherever it is made. */
export function Watch({ item, label, hasOriginal }: { item: string; label: string; hasOriginal: boolean }) {
  const { t } = useTranslation();
  const [found, setFound] = useState<Watched>();
  const [problem, setProblem] = useState<Problem>();
  const [isAhead, setAhead] = useState(false);
  const placeMs = useRef(0);
  const pathOf = useCallback((number: number) => `/api/disclosed/items/${item}/watch/${number}`, [item]);
  const ask = useCallback(async () => {
    const answer = await api<Watched>("POST", `/disclosed/items/${item}/watch?at_ms=${Math.round(placeMs.current)}`);
    setProblem(answer.ok ? undefined : answer.problem);
    if (answer.ok) setFound((before) => (before && isSame(before, answer.data) ? before : answer.data));
  }, [item]);
  const isSettled = found !== undefined && found.state !== "waiting";
  useEffect(() => {
    void ask();
    if (isSettled) return;
    const timer = setInterval(() => void ask(), AGAIN_MS);
    return () => clearInterval(timer);
  }, [ask, isSettled]);
  useEffect(() => {
    if (isAhead && !isSettled) void ask(); // at once, not at the next turn
  }, [ask, isAhead, isSettled]);
  const onPlace = useCallback((ms: number, isThere: boolean) => {
    placeMs.current = ms;
    setAhead(!isThere);
  }, []);
  const span = useMemo(() => found && { startMs: new Date(found.start).getTime(), lengthMs: found.total_ms }, [found]);

  if (problem && !found) return <Failure problem={problem} />;
  if (!found) return <p className="muted" role="status">{t("vault.watch_wait")}</p>;
  return (
    <div className="stack">
      {found.files.length > 0 && <ReelPlayer files={found.files} label={label} pathOf={pathOf} span={span} onPlace={onPlace} />}
      {found.state === "waiting" && <Made found={found} isAhead={isAhead} />}
      {found.state === "failed" && (
        <p className="note warn" role="status">{t(hasOriginal ? "vault.watch_failed_original" : "vault.watch_failed")}</p>
      )}
      <p className="small muted">{t(found.has_sound ? "vault.watch_name" : "vault.watch_name_silent")}</p>
    </div>
  );
}

/** How much is ready; any of it can be played meanwhile, and what is not ready yet can be gone to. */
function Made({ found, isAhead }: { found: Watched; isAhead: boolean }) {
  const { t } = useTranslation();
  const share = found.total_ms > 0 ? Math.min(100, Math.round((100 * found.made_ms) / found.total_ms)) : 0;
  const text = found.files.length === 0
    ? t("vault.watch_wait")
    : isAhead
    ? t("vault.watch_ahead")
    : found.total_ms > 0
      ? t("vault.watch_made", { made: clock(found.made_ms), total: clock(found.total_ms) })
      : t("vault.watch_so_far", { made: clock(found.made_ms) });
  return (
    <div className="stack tight">
      <p className="small" role="status">{text}</p>
      <Bar share={share} label={t("vault.watch_share")} />
    </div>
  );
}

function isSame(one: Watched, other: Watched): boolean {
  return one.state === other.state && one.files.length === other.files.length && one.total_ms === other.total_ms;
}

/** `1:02:03` or `2:03`. */
export function clock(ms: number): string {
  const seconds = Math.floor(ms / 1000);
  const parts = [Math.floor(seconds / 3600), Math.floor(seconds / 60) % 60, seconds % 60];
  const shown = parts[0] === 0 ? parts.slice(1) : parts;
  return shown.map((part, place) => (place === 0 ? String(part) : String(part).padStart(2, "0"))).join(":");
}
