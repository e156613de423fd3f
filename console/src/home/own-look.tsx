import { useState } from "react";
import { useTranslation } from "react-i18next";
import { Button } from "../design/button";
import "../live/live.css";
import { OwnFault, OwnVideo } from "./own-video";
import { useOwnLine } from "./use-own-line";

/** One's own camera, now, from anywhere. Nothing is dialled before the owner taps. */
export function OwnLook({ camera, person, name }: { camera: string; person: string; name: string }) {
  const { t } = useTranslation();
  const view = useOwnLine(camera, person);
  const [fault, setFault] = useState("");
  const [busy, setBusy] = useState(false);

  async function look() {
    setBusy(true);
    setFault("");
    setFault(await view.show("live"));
    setBusy(false);
  }

  return (
    <section className="card stack own-look" aria-labelledby="own-look">
      <header className="row between">
        <div className="stack tight"><h2 id="own-look">{t("home.own_live")}</h2><p className="muted small">{t("home.own_live_text")}</p></div>
        {view.showing === "live"
          ? <Button onClick={view.close}>{t("home.own_stop")}</Button>
          : <Button look="primary" busy={busy} onClick={() => void look()}>{t("home.own_look")}</Button>}
      </header>
      <OwnVideo view={view} label={t("home.own_video", { camera: name })} waiting={busy} hint={t("home.own_dark")} />
      <OwnFault view={view} fault={fault} />
    </section>
  );
}
