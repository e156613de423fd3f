"""Media formats and protocols shared by gateway, edge and demo: RTSP, RTP, access units, fMP4. No Django, no keys."""
