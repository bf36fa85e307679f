"""/oic/res in pages, for peers that cannot take it at once; and its older form, its batch, its short hrefs."""

import cbor2
import pytest

from coap_tcp import BAD_REQUEST, BLOCK2, CBOR, CHANGED, CONTENT, OCF_CBOR, TOO_LARGE, URI_QUERY, encode, poll
from device import Resource
from test_block_wise import block, block_of, unit

PAGE = "x.ocf.cloud.page"
LARGEST = 8 * 1024  # to a peer that says nothing


@pytest.fixture
def client(device):
    """client(max_message_size): a signed-in connection, by default of a peer that sends no CSM, as devices are."""

    def make(max_message_size=None, block_wise=False, **more):
        d = device(resources=[], **more).connect()
        if max_message_size:
            d.connection.csm(max_message_size, block_wise=block_wise)
        assert d.sign_up().code == CHANGED
        assert d.sign_in().code == CHANGED
        return d.connection

    return make


def many(count, prefix="/many/", rt="x.many"):
    return [Resource(f"{prefix}{n}", [rt], ["oic.if.r", "oic.if.baseline"], {"n": n}, observable=False) for n in range(count)]


def links_in(value):
    """The links of an answer of any form, in order, without those to a page; and the page's href."""
    links = []
    for item in value:
        links += item["links"] if "links" in item else [item]
    pages = [link for link in links if link.get("rt", link.get("rep", {}).get("rt")) == [PAGE]]
    assert pages in ([], links[-1:]), "the page is the last link"
    return links[:len(links) - len(pages)], pages[0]["href"] if pages else None


def read_pages(connection, href, largest, **more):
    """The links of all pages, in order."""
    links, count = [], 0
    while href:
        answer = connection.get(href, **more)
        assert answer.code == CONTENT and len(encode(answer)) <= largest
        found, href = links_in(answer.value)
        links += found
        count += 1
    return links, count


def hrefs(links, d):
    return [link["href"].removeprefix(d.route("")).removeprefix(d.route("", "")) for link in links]


# R3: the peer that sends no CSM takes 8 KiB
def test_four_hundred_links_come_in_pages_to_a_peer_without_blocks(client, device, transport):
    d = device(resources=many(400)).online()
    links, count = read_pages(client(), f"/oic/res?di={d.di}&rt=x.many", LARGEST)
    assert sorted(hrefs(links, d)) == sorted(d.resources)
    assert count > 10


# R3: the least Max-Message-Size, several devices, each form
@pytest.mark.parametrize("query, accept", [
    ("rt=x.many", OCF_CBOR), ("rt=x.many&if=oic.if.baseline", None), ("rt=x.many&rt=x.more", CBOR), ("rt=x.many;if=oic.if.b", None)])
def test_pages_fit_the_peers_maximum(client, device, api, query, accept):
    devices = [device(resources=many(40)).online() for _ in range(3)]
    poll(lambda: all(api.resource(d.di, f"/many/{n}").status == 200 for d in devices for n in range(40)), "all were read")
    links, count = read_pages(client(1152), "/oic/res?" + query, 1152, accept=accept)
    assert count > 5
    assert sorted(link["href"] for link in links) == sorted(d.route(href) for d in devices for href in d.resources)


# R3: what a real client passes over
def test_the_link_to_the_next_page_is_a_link_as_all_others(client, device, hub):
    d = device(resources=many(40)).online()
    answer = client(1152).get(f"/oic/res?di={d.di}&rt=x.many").value
    page = answer[-1]
    sid = hub.onboard().sid
    assert list(page) == list(answer[0]) and page["anchor"] == f"ocf://{sid}"
    assert page["rt"] == [PAGE] and page["if"] == ["oic.if.ll"] and page["p"] == {"bm": 1}
    assert page["eps"] == answer[0]["eps"]
    assert page["href"].startswith(f"/oic/res?di={d.di}&rt=x.many&page=")


# R3
def test_pages_stay_where_they_are_while_links_come_and_go(client, device):
    d = device(resources=many(60)).online()
    connection = client(1152)
    gone = []

    def change():
        if gone:
            return
        gone.extend(hrefs(read_now, d)[-2:])  # the very link behind which the next page begins
        d.unpublish(gone)
        more = many(5, "/other/")
        d.resources.update({r.href: r for r in more})
        d.publish([r.href for r in more])

    read_now = []
    href = f"/oic/res?di={d.di}&rt=x.many"
    while href:
        found, href = links_in(connection.get(href).value)
        read_now += found
        change()
    read = hrefs(read_now, d)
    assert len(read) == len(set(read)), "none twice"
    assert set(read) >= {f"/many/{n}" for n in range(60)}, "those that stayed, and those that were read before they went"


# R3
@pytest.mark.parametrize("page", ["", "1", "AAAA", "_" * 31, "A" * 33, "AorMOtGlQkZ5zSh2z8VZFgAAAAAAAA!F"])
def test_a_page_that_is_none_is_bad(client, page):
    connection = client()
    assert connection.get(f"/oic/res?page={page}").code == BAD_REQUEST
    connection.assert_open()


# R3
def test_a_page_behind_the_end_is_empty(client, device):
    device().online()
    answer = client().get("/oic/res?page=" + "_" * 32)
    assert (answer.code, answer.value) == (CONTENT, [])


# R3: the one link is left out, the rest is found, and somebody is told
def test_a_link_that_fits_into_no_message_is_left_out(client, device, hub):
    resources = many(10)
    resources[4].types = ["x.many"] + ["x" * 250] * 6
    d = device(resources=resources).online()
    links, _ = read_pages(client(1152), f"/oic/res?di={d.di}&rt=x.many", 1152)
    assert sorted(hrefs(links, d)) == sorted(set(d.resources) - {"/many/4"})
    hub.logged("the link /many/4 of " + d.di + " is longer than the peer can take")


# R3: less than one link
def test_a_peer_that_takes_next_to_nothing_is_told_so(client, device):
    d = device().online()
    connection = client()
    connection.csm(160)
    assert connection.get(f"/oic/res?di={d.di}").code == TOO_LARGE
    connection.assert_open()


# R3, G14: more than the hub keeps for later blocks
def test_a_client_with_blocks_gets_pages_above_their_limit(started, device):
    own = started(limits={"frame_bytes_max": "32KiB", "block_answers_bytes_max": "32KiB"})
    d = device(on=own, resources=many(200)).online()
    c = device(on=own, resources=[]).connect()
    c.connection.csm(1152, block_wise=True)
    assert c.sign_up().code == CHANGED and c.sign_in().code == CHANGED
    links, href, count = [], f"/oic/res?di={d.di}&rt=x.many", 0
    while href:
        answer = c.connection.get(href)
        body = answer.payload
        if answer.option(BLOCK2) is not None:
            number, goes_on, exponent = block_of(answer, BLOCK2)
            while goes_on:
                part = c.connection.get(href, options=[(BLOCK2, block(len(body) // unit(exponent), 0, exponent))])
                number, goes_on, exponent = block_of(part, BLOCK2)
                body += part.payload
        assert len(body) <= 32 * 1024
        found, href = links_in(cbor2.loads(body))
        links += found
        count += 1
    assert count == 2
    assert sorted(hrefs(links, d)) == sorted(d.resources)


# R3: what clients of IoTivity 1.x parse: a map for each device
def test_accept_60_is_answered_by_device(client, device, transport):
    one, other = device().online(), device().online()
    answer = client().get(f"/oic/res?di={one.di}&sduuid={other.di}", accept=CBOR)
    assert (answer.code, answer.format) == (CONTENT, CBOR)
    assert {item["di"] for item in answer.value} == {one.di, other.di} and len(answer.value) == 2
    for item, d in zip(answer.value, sorted((one, other), key=lambda d: d.di)):
        assert list(item) == ["di", "links"] and item["di"] == d.di
        assert set(hrefs(item["links"], d)) == {*d.resources, "/oic/cloud/s"}
        for link in item["links"]:
            assert list(link)[2:] == ["href", "rt", "if", "p", "ins", "eps"]
            assert link["p"].get("sec", False) == (transport == "tls") and list(link["p"])[0] == "bm"


# R3, R11: what the hub knows of everything that is found, in one answer
def test_the_batch_is_answered_from_the_shadow(client, device, api):
    d = device().online()
    poll(lambda: all(api.resource(d.di, href).status == 200 for href in d.resources), "all were read")
    asked = len(d.requests)
    answer = client().get(f"/oic/res?di={d.di}&if=oic.if.b")
    assert answer.code == CONTENT
    found = {item["href"]: item["rep"] for item in answer.value}
    assert found == {d.route("/oic/cloud/s"): {"online": True}, **{d.route(r.href): r.value for r in d.resources.values()}}
    assert len(d.requests) == asked
    assert [item["rep"] for item in client().get(f"/oic/res?di={d.di}&if=oic.if.b&rt=core.light").value] == [d.resources["/light/1"].value]


# R3, R5: iotivity-lite's example client keeps 63 bytes of an href
def test_a_long_href_is_advertised_in_its_short_form(client, device):
    long, longer, short = "/" + "x" * 25, "/" + "y" * 40, "/" + "z" * 15
    d = device(resources=[Resource(href, ["x.long"], ["oic.if.r"], {"href": href}) for href in (long, longer, short)]).online()
    connection = client()
    found = [link["href"] for link in connection.get(f"/oic/res?di={d.di}&rt=x.long").value]
    assert set(found) == {d.route(long, ""), d.route(longer, ""), d.route(short)}
    assert len(d.route(long, "")) == 63
    for href in found:
        answer = poll(lambda: (a := connection.get(href)).code == CONTENT and a, "the value")
        assert href.endswith(answer.value["href"])


# R3: several in one option, as clients of IoTivity 1.x write them
@pytest.mark.parametrize("separator", ["&", ";"])
def test_queries_may_stand_in_one_option(client, device, separator):
    d = device().online()
    query = separator.join([f"di={d.di}", "rt=core.light", "rt=oic.wk.d", "if=oic.if.baseline"]).encode()
    (whole,) = client().get("/oic/res", options=[(URI_QUERY, query)]).value
    assert set(hrefs(whole["links"], d)) == {"/light/1", "/oic/d"}


# R3
@pytest.mark.parametrize("query", ["if=oic.if.rw", "if=", "di=x", "sduuid=1"])
def test_what_discovery_does_not_know_is_bad(client, query):
    assert client().get("/oic/res?" + query).code == BAD_REQUEST
