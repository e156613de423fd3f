"""The registry: cameras with place and view, edges, owners' device keys, letters between owners and edges; no video."""
