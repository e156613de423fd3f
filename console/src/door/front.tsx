import { Navigate } from "@tanstack/react-router";
import { Show } from "../api/loaded";
import { startPage, useSession } from "../app/session";
import { Door } from "./door";

/** The start: the door for strangers, one's own page for everybody else. */
export function Front() {
  return (
    <Show of={useSession()} lines={8}>
      {(session) => (session.person ? <Navigate to={startPage(session)} replace /> : <Door />)}
    </Show>
  );
}
