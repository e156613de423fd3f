import { useCallback, useEffect, useState } from "react";
import { useTranslation } from "react-i18next";
import { api, type Problem } from "../api/client";
import type { Watched } from "../api/types";
import { Failure } from "../design/failure";
import { ReelPlayer } from "./player";

const AGAIN_MS = 2_000;

/** The copy that bears the recipient's name: it can be played as far as it is made, and grows meanwhile. */
export function Watch({ item, label, hasOriginal }: { item: string; label: string; hasOriginal: boolean }) {
  const { t } = useTranslation();
  const [found, setFound] = useState<Watched>();
  const [problem, setProblem] = useState<Problem>();
  const pathOf = useCallback((number: number) => `/api/disclosed/items/${item}/watch/${number}`, [item]);
  const ask = useCallback(async () => {
    const answer = await api<Watched>("POST", `/disclosed/items/${item}/watch`);
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

  if (problem && !found) return <Failure problem={problem} />;
  if (!found) return <p className="muted" role="status">{t("vault.watch_wait")}</p>;
  return (
    <div className="stack">
      {found.files.length > 0 && <ReelPlayer files={found.files} label={label} pathOf={pathOf} />}
      {found.state === "waiting" && <Made found={found} />}
      {found.state === "failed" && (
        <p className="note warn" role="status">{t(hasOriginal ? "vault.watch_failed_original" : "vault.watch_failed")}</p>
      )}
      <p className="small muted">{t("vault.watch_name")}</p>
    </div>
  );
}

/** How far it is; what is ready can be played meanwhile. */
function Made({ found }: { found: Watched }) {
  const { t } = useTranslation();
  const share = found.total_ms > 0 ? Math.min(100, Math.round((100 * found.made_ms) / found.total_ms)) : 0;
  const text = found.files.length === 0
    ? t("vault.watch_wait")
    : found.total_ms > 0
      ? t("vault.watch_made", { made: clock(found.made_ms), total: clock(found.total_ms) })
      : t("vault.watch_so_far", { made: clock(found.made_ms) });
  return (
    <div className="stack tight">
      <p className="small" role="status">{text}</p>
      <div className="bar" role="progressbar" aria-valuenow={share} aria-valuemin={0} aria-valuemax={100} aria-label={t("vault.watch_share")}><i style={{ width: `${share}%` }} /></div>
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
