"""The program behind `Phone`: a pjsua2 endpoint that obeys JSON lines and reports JSON lines.

A process holds one pjsua2 endpoint, so each phone is a process. One thread: commands are read and
SIP is served in turns, and callbacks come from within `libHandleEvents`.

    in   {"do": "register"}                                  {"do": "call", "uri": "sip:…"}
         {"do": "answer", "call": 0, "code": 200}            {"do": "hang_up", "call": 0}
         {"do": "statistics", "call": 0}                     {"do": "unregister"}
    out  {"event": "registration", "code": 200, "active": true}
         {"event": "incoming", "call": 0, "from": "…"}
         {"event": "message", "text": "…", "from": "…"}
         {"event": "call", "call": 0, "state": "CONFIRMED", "code": 200, "reason": "OK"}
         {"event": "statistics", "call": 0, "sent": 12, "received": 11}
"""

from __future__ import annotations

import json
import os
import select
import sys
from typing import Any

import pjsua2 as pj

EVENTS = os.fdopen(os.dup(1), "w", buffering=1)
os.dup2(2, 1)  # whatever the library prints must not stand among the events

STATES = {
    pj.PJSIP_INV_STATE_NULL: "NULL",
    pj.PJSIP_INV_STATE_CALLING: "CALLING",
    pj.PJSIP_INV_STATE_INCOMING: "INCOMING",
    pj.PJSIP_INV_STATE_EARLY: "EARLY",
    pj.PJSIP_INV_STATE_CONNECTING: "CONNECTING",
    pj.PJSIP_INV_STATE_CONFIRMED: "CONFIRMED",
    pj.PJSIP_INV_STATE_DISCONNECTED: "DISCONNECTED",
}


def tell(event: str, **details: object) -> None:
    """Write one event."""
    print(json.dumps({"event": event, **details}), file=EVENTS)


class SoftCall(pj.Call):  # type: ignore[misc]  # pjsua2 has no types
    """A call that reports its states and sends silence once there is media."""

    def onCallState(self, prm: pj.OnCallStateParam) -> None:
        info = self.getInfo()
        tell(
            "call",
            call=info.id,
            state=STATES[info.state],
            code=info.lastStatusCode,
            reason=info.lastReason,
        )

    def onCallMediaState(self, prm: pj.OnCallMediaStateParam) -> None:
        if self.getInfo().media[0].status != pj.PJSUA_CALL_MEDIA_ACTIVE:
            return
        devices = pj.Endpoint.instance().audDevManager()
        media = self.getAudioMedia(0)
        devices.getCaptureDevMedia().startTransmit(media)
        media.startTransmit(devices.getPlaybackDevMedia())

    def answer_with(self, code: int) -> None:
        answer = pj.CallOpParam()
        answer.statusCode = code
        self.answer(answer)

    def packets(self) -> dict[str, int]:
        """RTP packets of the first stream, none before there is media."""
        try:
            rtcp = self.getStreamStat(0).rtcp
        except pj.Error:
            return {"sent": 0, "received": 0}
        return {"sent": rtcp.txStat.pkt, "received": rtcp.rxStat.pkt}


class SoftAccount(pj.Account):  # type: ignore[misc]  # pjsua2 has no types
    """The phone's one account; keeps its calls alive, which pjsua2 leaves to Python."""

    def __init__(self) -> None:
        super().__init__()
        self.calls: dict[int, SoftCall] = {}

    def onRegState(self, prm: pj.OnRegStateParam) -> None:
        tell("registration", code=prm.code, active=self.getInfo().regIsActive)

    def onIncomingCall(self, prm: pj.OnIncomingCallParam) -> None:
        call = SoftCall(self, prm.callId)
        self.calls[prm.callId] = call
        tell("incoming", call=prm.callId, **{"from": call.getInfo().remoteUri})

    def onInstantMessage(self, prm: pj.OnInstantMessageParam) -> None:
        tell("message", text=prm.msgBody, **{"from": prm.fromUri})


def start_endpoint(settings: dict[str, Any]) -> pj.Endpoint:
    """A running endpoint without sound card, on the wanted port and transport."""
    endpoint = pj.Endpoint()
    endpoint.libCreate()
    config = pj.EpConfig()
    config.uaConfig.threadCnt = 0
    config.uaConfig.mainThreadOnly = True
    config.uaConfig.maxCalls = 8
    config.logConfig.level = 4
    config.logConfig.consoleLevel = 4  # to stderr, see above
    config.medConfig.noVad = True
    endpoint.libInit(config)
    endpoint.audDevManager().setNullDev()
    transport = pj.TransportConfig()
    transport.port = settings["port"]
    transport.boundAddress = "127.0.0.1"
    kinds = {"udp": pj.PJSIP_TRANSPORT_UDP, "tcp": pj.PJSIP_TRANSPORT_TCP}
    endpoint.transportCreate(kinds[settings["transport"]], transport)
    endpoint.libStart()
    return endpoint


def account_config(settings: dict[str, Any]) -> pj.AccountConfig:
    """Plain SIP: no rewriting of Contact or Via, no outbound, no ICE."""
    config = pj.AccountConfig()
    config.idUri = f"sip:{settings['user']}@{settings['domain'] or settings['registrar']}"
    suffix = ";transport=tcp" if settings["transport"] == "tcp" else ""
    config.regConfig.registrarUri = f"sip:{settings['registrar']}{suffix}"
    config.regConfig.registerOnAdd = False
    config.regConfig.timeoutSec = 300
    config.natConfig.contactRewriteUse = 0
    config.natConfig.viaRewriteUse = 0
    config.natConfig.sipOutboundUse = 0
    if settings["password"]:
        # "*": whoever asks for a password gets this one
        credentials = pj.AuthCredInfo("digest", "*", settings["user"], 0, settings["password"])
        config.sipConfig.authCreds.append(credentials)
    config.mediaConfig.transportConfig.port = settings["rtp_port"]
    config.mediaConfig.transportConfig.portRange = 40
    config.mediaConfig.transportConfig.boundAddress = "127.0.0.1"
    return config


def obey(account: SoftAccount, order: dict[str, Any]) -> None:
    """Carry out one command."""
    do = order["do"]
    if do == "register":
        account.setRegistration(True)
    elif do == "unregister":
        account.setRegistration(False)
    elif do == "call":
        call = SoftCall(account)
        call.makeCall(order["uri"], pj.CallOpParam(True))
        account.calls[call.getId()] = call
        tell("calling", call=call.getId())
    elif do == "answer":
        account.calls[order["call"]].answer_with(order["code"])
    elif do == "hang_up":
        account.calls[order["call"]].hangup(pj.CallOpParam())
    elif do == "statistics":
        tell("statistics", call=order["call"], **account.calls[order["call"]].packets())


def main() -> None:
    """Serve until stdin ends."""
    settings = json.loads(sys.argv[1])
    endpoint = start_endpoint(settings)
    account = SoftAccount()
    account.create(account_config(settings))
    tell("ready")
    orders = b""
    while True:
        endpoint.libHandleEvents(5)
        if not select.select([0], [], [], 0)[0]:
            continue
        read = os.read(0, 65536)
        if not read:
            os._exit(0)  # libDestroy takes a second to say goodbye; nobody listens any more
        *lines, orders = (orders + read).split(b"\n")
        for line in lines:
            obey(account, json.loads(line))


if __name__ == "__main__":
    main()
