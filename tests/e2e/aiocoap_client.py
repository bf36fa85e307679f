"""A client on aiocoap, run by test_aiocoap.py: one connection that signs up, signs in, reads and observes.

    aiocoap_client.py <coap+tcp://host:port> <di> <code> <authprovider> <path> <last value of power>

Prints one JSON object a line: {"step": …, "code": …, "value": …}.
"""

import asyncio
import json
import sys

import aiocoap
import cbor2

OCF_CBOR = 10000


def tell(step, response):
    value = cbor2.loads(response.payload) if response.payload else None
    print(json.dumps({"step": step, "code": str(response.code).split()[0], "value": value}), flush=True)
    return value


async def post(context, step, uri, value):
    message = aiocoap.Message(code=aiocoap.POST, uri=uri, payload=cbor2.dumps(value), content_format=OCF_CBOR)
    return tell(step, await context.request(message).response)


async def signed_in(hub, di, code, provider):
    context = await aiocoap.Context.create_client_context(transports=["tcpclient"])
    granted = await post(context, "sign-up", hub + "/oic/sec/account", {"di": di, "authprovider": provider, "accesstoken": code})
    await post(context, "sign-in", hub + "/oic/sec/session",
               {"di": di, "uid": granted["uid"], "accesstoken": granted["accesstoken"], "login": True})
    return context


async def main(hub, di, code, provider, path, last):
    context = await signed_in(hub, di, code, provider)
    tell("get", await context.request(aiocoap.Message(code=aiocoap.GET, uri=hub + path)).response)
    observation = context.request(aiocoap.Message(code=aiocoap.GET, uri=hub + path, observe=0))
    tell("observe", await observation.response)
    async for notification in observation.observation:
        if tell("notification", notification)["power"] == last:
            break
    await context.shutdown()


if __name__ == "__main__":
    asyncio.run(asyncio.wait_for(main(*sys.argv[1:6], int(sys.argv[6])), 60))
