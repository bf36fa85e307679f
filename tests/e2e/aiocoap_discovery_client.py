"""A client on aiocoap that discovers, run by test_aiocoap.py: reads /.well-known/core, and observes a list of links.

    aiocoap_discovery_client.py <coap+tcp://host:port> <di> <code> <authprovider> <path of the list> <number of links at last>

Prints one JSON object a line: {"step": …, "value": …}.
"""

import asyncio
import json
import sys

import aiocoap
import cbor2
from aiocoap.util import linkformat

from aiocoap_client import signed_in


def tell(step, value):
    print(json.dumps({"step": step, "value": value}), flush=True)


async def main(hub, di, code, provider, path, last):
    context = await signed_in(hub, di, code, provider)
    described = await context.request(aiocoap.Message(code=aiocoap.GET, uri=hub + "/.well-known/core", accept=40)).response
    text = described.payload.decode()
    links = linkformat.parse(text)
    tell("core", {"same": str(links) == text, "links": {link.href: dict(link.attr_pairs) for link in links.links}})
    observation = context.request(aiocoap.Message(code=aiocoap.GET, uri=hub + path, observe=0))
    tell("observe", [link["href"] for link in cbor2.loads((await observation.response).payload)])
    async for notification in observation.observation:
        hrefs = [link["href"] for link in cbor2.loads(notification.payload)]
        tell("notification", hrefs)
        if len(hrefs) == last:
            break
    await context.shutdown()


if __name__ == "__main__":
    asyncio.run(asyncio.wait_for(main(*sys.argv[1:6], int(sys.argv[6])), 60))
