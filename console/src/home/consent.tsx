export function ConsentPage() { return null; }
