/** The closed list of `kernel/purposes.py`; a test compares it with the words in each language. */
export const PURPOSES = [
  "crime_in_progress", "find_missing_person", "find_suspect", "find_vehicle", "officer_safety", "protect_life",
  "traffic_crash",
] as const;
