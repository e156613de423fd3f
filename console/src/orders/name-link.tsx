import { useTranslation } from "react-i18next";
import { DRAWERS, rolesOf, useSession } from "../app/session";

interface Props { target: "answer" | "camera" | "item"; about: string; from?: number | undefined; to?: number | undefined }

/** From a thing to an order that names it, for who draws orders; `from` and `to` in ms, of a camera. */
export function NameInOrder({ target, about, from, to }: Props) {
  const { t } = useTranslation();
  const session = useSession();
  const mayDraw = session.state === "ready" && rolesOf(session.data).some((role) => DRAWERS.includes(role));
  if (!mayDraw) return null;
  const said = new URLSearchParams({ target, about });
  if (from !== undefined) said.set("from", String(from));
  if (to !== undefined) said.set("to", String(to));
  return <a className="btn small" href={`/orders/new?${said}`}>{t(`orders.name_${target}`)}</a>;
}
