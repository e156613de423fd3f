import { useQuery } from "@tanstack/react-query";
import { useTranslation } from "react-i18next";
import { dayAndTime } from "../app/format";
import { Button } from "../design/button";
import { Empty } from "../design/empty";
import { readList } from "../worker/offline-list";
import { EventList } from "./event-list";

/** Without network: the list that this device holds, opened with its own key; and nothing that only looks alive. */
export function Offline({ retry }: { retry: () => void }) {
  const { t, i18n } = useTranslation();
  const list = useQuery({ queryKey: ["offline-list"], queryFn: async () => (await readList()) ?? null, networkMode: "always" });
  if (list.data === undefined) return null;
  return (
    <main className="page" id="main">
      <header className="stack tight">
        <h1>{t("events.offline_title")}</h1>
        <p className="note warn" role="status">
          {list.data ? t("events.offline_text", { when: dayAndTime(list.data.keptAt, i18n.language) }) : t("events.offline_none")}
        </p>
        <div><Button onClick={retry}>{t("shell.retry")}</Button></div>
      </header>
      {list.data && (
        <section className="stack tight">
          <h2>{t("events.title")}</h2>
          {list.data.events.length === 0
            ? <Empty title={t("events.none")} />
            : <EventList events={list.data.events} names={list.data.names} withPictures={false} />}
        </section>
      )}
    </main>
  );
}
