"""/oic/res: how clients find resources, in the form that real clients can read; and the routing paths."""

import pytest

from coap_tcp import CONTENT, NOT_FOUND, OCF_CBOR, poll
from device import Resource, light


@pytest.fixture
def client(device, transport):
    return device(resources=[]).online()


def find(client, query=""):
    answer = client.connection.get("/oic/res" + query, accept=OCF_CBOR)
    assert answer.code == CONTENT and answer.format == OCF_CBOR
    return answer.value


def hrefs(links, d):
    return {link["href"][len(d.route("")):] for link in links if link["href"].startswith(d.route(""))}


# R3: iotivity-lite takes `anchor` only before `eps`, resets `if` at every later text array, and reads `bm` first
def test_a_link_is_written_in_the_order_that_clients_need(client, device):
    d = device().online()
    for link in find(client, f"?di={d.di}"):
        keys = list(link)
        assert keys.index("anchor") < keys.index("eps")
        assert keys.index("rt") < keys.index("if")
        arrays = [k for k in keys if isinstance(link[k], list) and all(isinstance(item, str) for item in link[k])]
        assert arrays[-1] == "if", "`if` is the last array of texts"
        assert list(link["p"])[0] == "bm"
        assert link["anchor"] == f"ocf://{d.di}"
        assert link["di"] == d.di
        assert isinstance(link["ins"], int)


# R3
def test_links_lead_to_the_hub_over_the_transport_of_the_asker(client, device, hub, transport):
    d = device().online()
    scheme, listener = ("coaps+tcp", "coap-tls") if transport == "tls" else ("coap+tcp", "coap-tcp")
    host, port = hub.address(listener)
    links = find(client, f"?di={d.di}")
    assert {link["eps"][0]["ep"] for link in links} == {f"{scheme}://{host}:{port}"}
    assert all(link["href"].startswith(d.route("/")) for link in links)


# R3
def test_clients_find_by_resource_type(client, device):
    d = device(resources=[light(), Resource("/t", ["oic.r.temperature"], ["oic.if.s"], {"temperature": 20})]).online()
    assert hrefs(find(client, "?rt=core.light"), d) == {"/light/1"}
    assert hrefs(find(client, "?rt=core.light&rt=oic.r.temperature"), d) == {"/light/1", "/t"}, "several types: any of them"
    assert find(client, "?rt=no.such.type") == []


# R3
def test_clients_find_by_device(client, device):
    one, other = device(resources=[light()]).online(), device(resources=[light()]).online()
    assert {link["di"] for link in find(client, f"?di={one.di}")} == {one.di}
    assert {link["di"] for link in find(client, f"?di={one.di}&di={other.di}")} == {one.di, other.di}
    assert {link["di"] for link in find(client, "?rt=core.light")} == {one.di, other.di}
    assert find(client, "?di=00000000-0000-4000-8000-000000000000") == []


# R3
def test_the_baseline_form_is_one_map_in_an_array(client, device):
    d = device().online()
    (whole,) = find(client, f"?if=oic.if.baseline&di={d.di}")
    assert "oic.wk.res" in whole["rt"] and "oic.if.ll" in whole["if"]
    assert hrefs(whole["links"], d) >= set(d.resources)
    assert hrefs(find(client, f"?if=oic.if.ll&di={d.di}"), d) >= set(d.resources)


# R3: without Accept too
def test_the_default_format_is_ocf_cbor(client):
    answer = client.connection.get("/oic/res")
    assert answer.code == CONTENT and answer.format == OCF_CBOR


# R3, R5
@pytest.mark.parametrize("prefix", ["/oic/route", "/api/v1/devices", ""])
def test_all_three_routing_paths_lead_to_the_device(client, device, prefix):
    d = device().online()
    path = d.route("/light/1", prefix)
    answer = poll(lambda: (a := client.connection.get(path)).code == CONTENT and a, "the value")
    assert answer.value["name"] == "Light"
    assert client.connection.post(path, {"power": 4}).code == 0x44
    assert d.resources["/light/1"].value["power"] == 4
    assert client.connection.delete(path).code == 0x85, "the device's own refusal"
    inbox, _ = client.connection.observe(path)
    assert inbox.get().code == CONTENT


# R3
@pytest.mark.parametrize("path", ["/", "/nothing", "/oic", "/oic/route", "/oic/route/not-a-device/light/1", "/oic/sec/nothing"])
def test_a_path_that_leads_nowhere_is_not_found(client, path):
    assert client.connection.get(path).code == NOT_FOUND


# R3: a client is a device without resources; it publishes what it has and is found as well
def test_a_device_finds_its_own_resources(device):
    d = device().online()
    assert hrefs(find(d, f"?di={d.di}"), d) >= set(d.resources)
