import { useQueryClient } from "@tanstack/react-query";
import { useTranslation } from "react-i18next";
import { api } from "../api/client";
import { Show, useLoaded } from "../api/loaded";
import type { Session, Wishes } from "../api/types";
import { rolesOf, SignedIn } from "../app/session";
import { Notices } from "../door/notices";
import { KINDS, wordsOf, type Kind } from "./kinds";
import "./notices.css";
import { TimesForm } from "./times";

const ALL = 50;
/** Stands for several others; it is not one that a person could want less of. */
const TOGETHER = "notices.held";

/** Everything I was told, how I want to be told, when, and of what not. */
export function NoticesPage() {
  return <SignedIn>{(session) => <Mine session={session} />}</SignedIn>;
}

function Mine({ session }: { session: Session }) {
  const { t } = useTranslation();
  const client = useQueryClient();
  const wishes = useLoaded<Wishes>("/notices/wishes");
  const reload = () => client.invalidateQueries({ queryKey: ["notices"] });
  const roles = rolesOf(session);
  const mine = Object.entries(KINDS).filter(([name, kind]) =>
    name !== TOGETHER && (kind.roles.length === 0 || kind.roles.some((role) => roles.some((held) => held === role))));
  return (
    <main className="page" id="main">
      <header className="stack tight"><h1>{t("notices.title")}</h1><p className="lead">{t("notices.intro")}</p></header>
      <Notices shown={ALL} />
      <Show of={wishes} lines={6}>
        {(data) => (
          <>
            <TimesForm wishes={data} urgent={mine.map(([, kind]) => kind).filter((kind) => kind.urgent)} onSaved={() => void reload()} />
            <Which kinds={mine} wishes={data} onChange={() => void reload()} />
          </>
        )}
      </Show>
    </main>
  );
}

const CHANNELS = ["email", "push"] as const;

function Which({ kinds, wishes, onChange }: { kinds: [string, Kind][]; wishes: Wishes; onChange: () => void }) {
  const { t, i18n } = useTranslation();
  const isMuted = (kind: string, channel: string) =>
    wishes.mutes.some((mute) => mute.kind === kind && mute.channel === channel && mute.object_id === "");

  async function change(kind: string, channel: (typeof CHANNELS)[number], is_muted: boolean) {
    await api("PUT", "/notices/mutes", { kind, channel, object_id: "", is_muted });
    onChange();
  }

  return (
    <section className="card stack tight">
      <h2>{t("notices.which")}</h2>
      <p className="muted small">{t("notices.which_text")}</p>
      {kinds.map(([name, kind]) => (
        <fieldset key={name} className="kind">
          <legend>
            {wordsOf(kind, i18n.language).title} {kind.urgent && <span className="chip warn">{t("notices.urgent")}</span>}
          </legend>
          {CHANNELS.filter((channel) => kind.channels?.includes(channel) ?? true).map((channel) => (
            <label key={channel} className="check">
              <input
                type="checkbox" checked={!isMuted(name, channel)}
                onChange={(event) => void change(name, channel, !event.target.checked)}
              />
              <span>{t(channel === "email" ? "notices.by_email" : "notices.by_push")}</span>
            </label>
          ))}
        </fieldset>
      ))}
    </section>
  );
}
