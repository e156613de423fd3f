import { useTranslation } from "react-i18next";
import type { Incident } from "../api/types";
import { codeText } from "../app/codes";
import { ago, useNow } from "../app/format";
import { Empty } from "../design/empty";

interface Props { calls: Incident[]; selected: string | undefined; onSelect: (id: string) => void }

/** Open calls, newest first; fresh ones are marked for a minute. */
export function Calls({ calls, selected, onSelect }: Props) {
  const { t, i18n } = useTranslation();
  const now = useNow(5000);
  const sorted = calls.toSorted((left, right) => right.received_at.localeCompare(left.received_at));
  if (sorted.length === 0) return <Empty title={t("analyst.no_calls")}><p>{t("analyst.no_calls_text")}</p></Empty>;
  return (
    <>
      <header className="row between pane-head">
        <h2>{t("analyst.calls")}</h2>
        <span className="chip num" aria-label={t("analyst.calls_count", { count: sorted.length })}>{sorted.length}</span>
      </header>
      <ul className="calls">
        {sorted.map((call) => {
          const isFresh = now - new Date(call.received_at).getTime() < 60_000;
          return (
            <li key={call.id}>
              <button
                type="button" className="call" aria-pressed={call.id === selected}
                onClick={() => onSelect(call.id)}
              >
                <span className="call-top">
                  <strong>{call.type_name}</strong>
                  {isFresh && <span className="chip live">{t("analyst.fresh")}</span>}
                </span>
                <span className="call-where">{call.block}</span>
                <span className="call-when num">
                  <span>{call.number}</span>
                  <time dateTime={call.reported_at}>{ago(call.reported_at, now, i18n.language)}</time>
                  {call.flags.length > 0 && <span className="chip warn">{t("analyst.city_only")}</span>}
                  {call.origin !== "cad" && <span className="chip warn">{codeText(t, "origin", call.origin)}</span>}
                </span>
              </button>
            </li>
          );
        })}
      </ul>
    </>
  );
}
