import { useTranslation } from "react-i18next";
import { dayAndTime } from "../app/format";
import { Button } from "../design/button";
import { usePicture } from "./picture";

/** Does the camera work, and what does it see? */
export function TestPicture({ camera, person }: { camera: string; person: string }) {
  const { t, i18n } = useTranslation();
  const { url, fault, busy, take } = usePicture(camera, person);
  const last = usePicture(camera, person, "last");
  return (
    <section className="card stack">
      <header className="row between">
        <div><h2>{t("home.test")}</h2><p className="muted small">{t("home.test_text")}</p></div>
        <Button busy={busy} onClick={() => void take()}>{t("home.test_do")}</Button>
      </header>
      {url && <img className="shot" src={url} alt={t("home.test_alt")} />}
      {fault && <p className="note bad" role="alert">{fault}</p>}
      {fault && !last.url && (
        <div><Button size="small" busy={last.busy} onClick={() => void last.take()}>{t("home.last_do")}</Button></div>
      )}
      {fault && last.url && (
        <figure className="still">
          <img className="shot" src={last.url} alt={t("home.last_alt")} />
          <figcaption className="small">{t("home.last_taken", { when: dayAndTime(last.takenAt, i18n.language) })}</figcaption>
        </figure>
      )}
      {last.fault && <p className="note" role="alert">{last.fault}</p>}
    </section>
  );
}
