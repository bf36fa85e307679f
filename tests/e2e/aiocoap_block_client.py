"""A client on aiocoap that takes messages of 4 KiB only, run by test_aiocoap.py: it reads, observes and updates in blocks.

    aiocoap_block_client.py <coap+tcp://host:port> <di> <code> <authprovider> <path> <new name>

Prints one JSON object a line: {"step": …, "code": …, "value": …}.
"""

import asyncio
import sys

import aiocoap
import cbor2
from aiocoap.transports.rfc8323common import RFC8323Remote

from aiocoap_client import OCF_CBOR, signed_in, tell

RFC8323Remote._my_max_message_size = 4096  # announced in its CSM; a longer message makes it abort


async def main(hub, di, code, provider, path, name):
    context = await signed_in(hub, di, code, provider)
    tell("get", await context.request(aiocoap.Message(code=aiocoap.GET, uri=hub + path)).response)
    observation = context.request(aiocoap.Message(code=aiocoap.GET, uri=hub + path, observe=0))
    tell("observe", await observation.response)
    update = aiocoap.Message(code=aiocoap.POST, uri=hub + path, payload=cbor2.dumps({"name": name}),
                             content_format=OCF_CBOR, block1=(0, False, 6))
    tell("update", await context.request(update).response)
    async for notification in observation.observation:
        if tell("notification", notification)["name"] == name:
            break
    await context.shutdown()


asyncio.run(asyncio.wait_for(main(*sys.argv[1:7]), 60))
