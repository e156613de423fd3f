/** Drafts of terms are in the owner's own time zone. */
export function consentsPath(camera: string): string {
  return `/cameras/${camera}/consents?${inMyZone()}`;
}

export function mandatesPath(camera: string): string {
  return `/cameras/${camera}/mandates?${inMyZone()}`;
}

function inMyZone(): string {
  return `time_zone=${encodeURIComponent(new Intl.DateTimeFormat().resolvedOptions().timeZone)}`;
}
