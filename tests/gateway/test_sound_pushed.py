"""Sound that a phone sends by WHIP: agreed on only where its manager allows it, and heard in Chromium by WHEP."""

import asyncio
import hashlib

import pytest
from tests.gateway.test_rtc_parts import OFFER
from tests.gateway.test_whep_browser import open_tab, pytestmark  # noqa: F401 - needs Chromium
from tests.gateway.world import until

from consentry.gateway.rtc.offer import Ours, choose_codec, parse_offer, write_answer
from consentry.kernel.ids import CameraId, new_id

KEY = "k" * 43
# A picture that changes and a tone of 660 Hz, both real tracks of the browser; what is heard is measured, not played.
PUSH = """async ([url, key]) => {
  const canvas = document.createElement('canvas'), paint = canvas.getContext('2d');
  canvas.width = 320; canvas.height = 240;
  setInterval(() => { paint.fillStyle = `hsl(${Date.now() / 10 % 360} 80% 50%)`; paint.fillRect(0, 0, 320, 240); }, 40);
  const context = window.context = new AudioContext();
  const tone = context.createOscillator(), out = context.createMediaStreamDestination();
  tone.frequency.value = 660;
  tone.connect(out);
  tone.start();
  window.pushing?.close();
  const peer = window.pushing = new RTCPeerConnection();
  const sound = peer.addTransceiver(out.stream.getAudioTracks()[0], {direction: 'sendonly'});
  const video = peer.addTransceiver(canvas.captureStream(25).getVideoTracks()[0], {direction: 'sendonly'});
  const codecs = RTCRtpSender.getCapabilities('video').codecs;
  video.setCodecPreferences(codecs.filter((codec) => codec.mimeType === 'video/H264'));
  peer.createDataChannel('consentry.push.1', {negotiated: true, id: 0});
  await peer.setLocalDescription();
  const headers = {Authorization: 'Bearer ' + key, 'Content-Type': 'application/sdp'};
  const answer = await fetch(url, {method: 'POST', headers, body: peer.localDescription.sdp});
  const sdp = await answer.text();
  await peer.setRemoteDescription({type: 'answer', sdp});
  return [answer.status, sound.currentDirection];
}"""
LISTEN = """async () => {
  const {audio} = window.looks[0];
  await audio.play();
  const analyser = window.analyser = window.context.createAnalyser();
  analyser.fftSize = 4096;
  window.context.createMediaStreamSource(audio.srcObject).connect(analyser);
}"""
LOUDEST = """() => {
  const bins = new Float32Array(analyser.frequencyBinCount);
  analyser.getFloatFrequencyData(bins);
  const at = bins.reduce((best, value, bin) => value > bins[best] ? bin : best, 0);
  return bins[at] > -50 ? at * context.sampleRate / analyser.fftSize : 0;
}"""


async def loudest_hz(page) -> float:
    return float(await page.evaluate(LOUDEST))


async def test_a_phones_opus_is_heard_by_webrtc_while_its_manager_allows_it_and_not_sent_before(tmp_path, cars):
    camera = CameraId(new_id("camera"))
    async with open_tab(tmp_path, cars) as tab:
        city, page = tab.city, tab.page
        city.web.pushed[camera] = hashlib.sha256(KEY.encode()).hexdigest()
        city.web.tell_state()
        await until(lambda: camera in city.gateway.sessions.hubs)
        whip = f"http://127.0.0.1:{city.gateway.port}/whip"
        assert await page.evaluate(PUSH, [whip, KEY]) == [201, "stopped"], "not allowed: the browser sends no sound"
        await until(lambda: city.gateway.pushes.states()[camera] == "online")
        city.web.audible.add(camera)
        city.web.tell_state()
        await until(lambda: city.gateway.pushes._known[camera].outlet.hears)
        assert await page.evaluate(PUSH, [whip, KEY]) == [201, "sendonly"]
        await until(lambda: city.gateway.pushes.states()[camera] == "online")

        city.public = camera
        await tab.join()
        await page.wait_for_function("told()[0].frames > 5", timeout=20_000)
        await page.evaluate(LISTEN)
        async with asyncio.timeout(20):
            while abs(await loudest_hz(page) - 660) > 30:  # noqa: ASYNC110 - the browser measures
                await asyncio.sleep(0.1)
        (told,) = await tab.told()
        assert {"type": "sound", "codec": "opus"} in told["texts"]

        city.web.audible.clear()
        city.web.tell_state()
        await until(lambda: not city.gateway.pushes._known[camera].outlet.hears)
        await asyncio.sleep(0.3)
        before, (told,) = await page.evaluate("heard()"), await tab.told()
        await page.wait_for_function(f"told()[0].frames > {told['frames'] + 10}", timeout=15_000)
        assert (await page.evaluate("heard()"))["bytes"] == before["bytes"], "switched off: not a byte more"


@pytest.mark.parametrize(("sends", "hears", "line"), [
    (True, True, "a=recvonly"), (True, False, "m=audio 0"), (False, True, "m=audio 0"),
])  # fmt: skip
def test_a_line_of_sound_is_taken_only_where_it_may_be_heard_and_from_who_sends(sends, hears, line):
    sending = OFFER.replace("a=recvonly", "a=sendonly").replace("a=rtpmap:111", "a=sendonly\r\na=rtpmap:111")
    offer = parse_offer(sending, sends=sends)
    codec = choose_codec(offer.codecs, None)
    answer = write_answer(
        offer, codec, Ours("n", "p", "00", ("127.0.0.1", 1), None, hears=hears and bool(offer.sounds))
    )
    about_sound = answer[answer.index("m=audio") :]
    assert line in about_sound
    assert "a=ssrc" not in answer
