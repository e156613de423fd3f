import { Link } from "@tanstack/react-router";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { Show, useLoaded } from "../api/loaded";
import type { Case, Item, Session } from "../api/types";
import { codeText } from "../app/codes";
import { dayAndTime } from "../app/format";
import { KEEPERS, rolesOf, Seated, WATCHERS } from "../app/session";
import { Empty } from "../design/empty";
import { Bulk } from "./bulk";
import { Cases } from "./cases";
import { Filters, NO_FILTER, queryOf, type Filter } from "./filters";
import { Thumb } from "./thumb";
import { bytesText, kept } from "./words";
import "./vault.css";

export function ItemsPage() {
  return <Seated roles={KEEPERS}>{(session) => <Items session={session} />}</Seated>;
}

/** What the vault holds: search on top, many at once below, the cases beside. */
function Items({ session }: { session: Session }) {
  const { t } = useTranslation();
  const [filter, setFilter] = useState<Filter>(NO_FILTER);
  const [chosen, setChosen] = useState<ReadonlySet<string>>(new Set());
  const items = useLoaded<Item[]>(`/items${queryOf(filter)}`, { keep: true, refetchInterval: 30_000 });
  const cases = useLoaded<Case[]>("/cases");
  const roles = rolesOf(session);
  const mayWatch = roles.some((role) => WATCHERS.includes(role));

  function choose(item: string, on: boolean) {
    setChosen((before) => new Set(on ? [...before, item] : [...before].filter((one) => one !== item)));
  }

  return (
    <main className="page wide" id="main">
      <header className="row between">
        <h1>{t("vault.title")}</h1>
        <div className="row">
          <Link className="btn" to="/items/whole">{t("vault.whole_link")}</Link>
          {mayWatch && <Link className="btn" to="/items/send">{t("vault.send_link")}</Link>}
        </div>
      </header>
      <Filters filter={filter} cases={cases.state === "ready" ? cases.data : []} onChange={setFilter} />
      <Show of={items} lines={6}>
        {(found) => found.length === 0
          ? <Empty title={t("vault.none")}><p>{t("vault.none_text")}</p></Empty>
          : (
            <section className="stack" aria-label={t("vault.found")}>
              <p className="muted small" role="status">{t("vault.count", { count: found.length })}</p>
              <ul className="items">
                {found.map((item) => (
                  <li key={item.id}><Row item={item} mayWatch={mayWatch} chosen={chosen.has(item.id)} onChoose={choose} /></li>
                ))}
              </ul>
            </section>
          )}
      </Show>
      {chosen.size > 0 && <Bulk items={[...chosen]} roles={roles} onDone={() => setChosen(new Set())} />}
      <Cases cases={cases} roles={roles} onShow={(found) => setFilter({ ...NO_FILTER, case: found })} />
    </main>
  );
}

/** States in which there is a picture to be seen. */
const SHOWN: readonly string[] = ["open", "closing", "logging", "sealed"];

interface RowProps { item: Item; mayWatch: boolean; chosen: boolean; onChoose: (item: string, on: boolean) => void }

function Row({ item, mayWatch, chosen, onChoose }: RowProps) {
  const { t, i18n } = useTranslation();
  const name = item.name || codeText(t, "item_kind", item.kind);
  return (
    <article className={`card item-row ${mayWatch ? "with-thumb" : ""}`}>
      <label className="item-choose">
        <input type="checkbox" checked={chosen} onChange={(event) => onChoose(item.id, event.target.checked)} />
        <span className="vh">{t("vault.choose", { name })}</span>
      </label>
      {mayWatch && (SHOWN.includes(item.state) ? <Thumb item={item.id} /> : <span className="item-thumb" aria-hidden="true" />)}
      <div className="item-words">
        <h2><Link to="/items/$item" params={{ item: item.id }}>{name}</Link></h2>
        <p className="small muted">
          {codeText(t, "item_kind", item.kind)} · <span className="num">{dayAndTime(item.start ?? item.began_at, i18n.language)}</span>
          {item.size_bytes > 0 && <> · <span className="num">{bytesText(item.size_bytes, i18n.language)}</span></>}
        </p>
      </div>
      <div className="item-state">
        <span className={`chip ${item.state === "sealed" ? "good" : item.state === "open" ? "live" : ""}`}>{codeText(t, "item_state", item.state)}</span>
        <span className="small muted">{kept(t, item, i18n.language)}</span>
      </div>
    </article>
  );
}
