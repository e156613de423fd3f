"""WebRTC at the gateway: one UDP port, ICE-lite, DTLS, SRTP, our own sender and receiver."""
