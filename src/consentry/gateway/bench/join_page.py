"""A page that looks by WebRTC as often as it is told, for `media.join`."""

JOIN_PAGE = """<body><script>
window.looks = [];
window.join = async () => {
  const look = {frames: 0};
  window.looks.push(look);
  const {nonce} = await (await fetch('/whep/challenge', {method: 'POST'})).json();
  const peer = look.peer = new RTCPeerConnection();
  peer.createDataChannel('consentry.view.1', {negotiated: true, id: 0});
  const receiver = peer.addTransceiver('video', {direction: 'recvonly'}).receiver;
  const video = document.createElement('video');
  video.muted = video.autoplay = true;
  document.body.append(video);
  video.srcObject = new MediaStream([receiver.track]);
  const count = () => { look.frames += 1; video.requestVideoFrameCallback(count); };
  video.requestVideoFrameCallback(count);
  await peer.setLocalDescription();
  const form = new FormData();
  form.append('present', JSON.stringify({nonce}));
  form.append('offer', peer.localDescription.sdp);
  const answer = await fetch('/whep', {method: 'POST', body: form});
  await peer.setRemoteDescription({type: 'answer', sdp: await answer.text()});
};
</script>"""
