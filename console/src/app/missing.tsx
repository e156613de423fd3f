import { Link } from "@tanstack/react-router";
import { useTranslation } from "react-i18next";

export function Missing() {
  const { t } = useTranslation();
  return (
    <main className="page" id="main">
      <h1>{t("shell.missing_title")}</h1>
      <p className="lead">{t("shell.missing_text")}</p>
      <p><Link to="/" className="btn">{t("shell.to_start")}</Link></p>
    </main>
  );
}
