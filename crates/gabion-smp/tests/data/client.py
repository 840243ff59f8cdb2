"""Updates a simulated device with the Python package smpclient, as a person at a desk would.

client.py PORT serial|udp IMAGE OLD_HASH   (serial: PORT is the TCP port behind which the device's console is)

The device's power fails in the middle: the client times out and simply starts again.
"""

import asyncio
import os
import select
import socket
import sys
import threading
import tty

from smpclient import SMPClient
from smpclient.generics import error, success
from smpclient.mcuboot import IMAGE_TLV, ImageInfo
from smpclient.requests.image_management import ImageStatesRead, ImageStatesWrite
from smpclient.requests.os_management import EchoWrite, ResetWrite


def console(port):
    """A pseudo terminal whose other end is the device's console; returns its name."""
    master, slave = os.openpty()
    tty.setraw(slave)
    device = socket.create_connection(("127.0.0.1", port))

    def pump():
        while True:
            ready, _, _ = select.select([master, device], [], [])
            for source in ready:
                data = os.read(master, 4096) if source == master else device.recv(4096)
                if not data:
                    return
                if source == master:
                    device.sendall(data)
                else:
                    os.write(master, data)

    threading.Thread(target=pump, daemon=True).start()
    return os.ttyname(slave)


async def ask(client, request):
    """A request, repeated while the device restarts."""
    for _ in range(20):
        try:
            response = await client.request(request)
        except TimeoutError:
            continue
        assert success(response), response
        return response
    raise AssertionError("the device does not answer")


async def states(client):
    response = await ask(client, ImageStatesRead())
    return {state.slot: state for state in response.images}


async def main(port, transport, path, old_hash):
    image = open(path, "rb").read()
    digest = ImageInfo.load_file(path).get_tlv(IMAGE_TLV.SHA256).value
    if transport == "serial":
        from smpclient.transport.serial import SMPSerialTransport

        client = SMPClient(SMPSerialTransport(), console(port), timeout_s=1.0)
    else:
        from smpclient.transport.udp import SMPUDPTransport

        client = SMPClient(SMPUDPTransport(), "127.0.0.1", timeout_s=1.0)
        connect, number = client._transport.connect, port
        client._transport.connect = lambda address, timeout_s: connect(address, timeout_s, number)
    await client.connect()
    assert (await ask(client, EchoWrite(d="hello"))).r == "hello"
    before = await states(client)
    assert before[0].active and before[0].confirmed and before[0].hash.hex() == old_hash, before

    offsets, interruptions = [], 0
    while not offsets or offsets[-1] != len(image):
        assert interruptions < 5, "the upload does not end"
        try:
            async for offset in client.upload(image, first_timeout_s=1.0):
                offsets.append(offset)
        except TimeoutError:
            interruptions += 1
            offsets.append("cut")
    assert interruptions >= 1, "the power should have failed"
    after = offsets[offsets.index("cut"):]
    body = [offset for offset in offsets[: offsets.index("cut")]]
    print("offsets", offsets)
    # It goes on where the flash is: nowhere does the body begin again.
    resumed = [offset for offset in after if offset != "cut" and offset < len(image) - 200]
    assert resumed and min(resumed) >= 1024, (resumed, body)

    uploaded = await states(client)
    assert uploaded[1].hash == digest and not uploaded[1].pending, uploaded
    tested = await ask(client, ImageStatesWrite(hash=digest))
    assert tested.images[1].pending, tested
    await ask(client, ResetWrite())
    trial = await states(client)
    assert trial[1].active and not trial[1].confirmed and trial[0].confirmed, trial
    early = await client.request(ImageStatesWrite(hash=bytes.fromhex(old_hash)))
    assert error(early), early
    kept = await ask(client, ImageStatesWrite(confirm=True))
    assert any(state.active and state.confirmed and state.slot == 1 for state in kept.images), kept
    await ask(client, ResetWrite())
    final = await states(client)
    assert final[1].active and final[1].confirmed and final[1].hash == digest, final
    print("updated over", transport)


asyncio.run(main(int(sys.argv[1]), *sys.argv[2:5]))
