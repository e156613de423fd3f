"""An ONVIF camera asked and turned; finding them, their events and what is kept of them is the edge's."""
