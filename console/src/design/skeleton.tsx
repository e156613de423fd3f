import { useTranslation } from "react-i18next";

/** Grey lines of the size of what comes, so that nothing jumps. */
export function Skeleton({ lines }: { lines: number }) {
  const { t } = useTranslation();
  return (
    <div className="stack tight" role="status">
      <span className="vh">{t("shell.loading")}</span>
      {Array.from({ length: lines }, (_, at) => (
        <div key={at} className="bone" style={{ width: `${92 - ((at * 17) % 40)}%` }} aria-hidden="true" />
      ))}
    </div>
  );
}
