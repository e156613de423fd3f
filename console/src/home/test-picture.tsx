import { useTranslation } from "react-i18next";
import { Button } from "../design/button";
import { usePicture } from "./picture";

/** Does the camera work, and what does it see? */
export function TestPicture({ camera, person }: { camera: string; person: string }) {
  const { t } = useTranslation();
  const { url, fault, busy, take } = usePicture(camera, person);
  return (
    <section className="card stack">
      <header className="row between">
        <div><h2>{t("home.test")}</h2><p className="muted small">{t("home.test_text")}</p></div>
        <Button busy={busy} onClick={() => void take()}>{t("home.test_do")}</Button>
      </header>
      {url && <img className="shot" src={url} alt={t("home.test_alt")} />}
      {fault && <p className="note bad" role="alert">{fault}</p>}
    </section>
  );
}
