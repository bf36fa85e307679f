// GET /oic/res: the links that the caller may see, by resource type and device (R3).
#include "gateway/connection.hpp"
#include "gateway/endpoints/routing_path.hpp"
#include "gateway/routes.hpp"
#include "ocf/payloads.hpp"

namespace ocf::gateway {

awaitable<Answer> discover(Exchange& exchange) {
  const auto session = exchange.connection.device_session();
  if (!session) co_return refuse(exchange, coap::Code::unauthorized, "the session has ended");
  if (!accepted_format(exchange.request))
    co_return refuse(exchange, coap::Code::not_acceptable, "discovery answers CBOR only");

  directory::Filter filter;
  filter.resource_types = exchange.request.query("rt");
  for (const std::string& text : exchange.request.query("di")) {
    const auto device = DeviceId::parse(text);
    if (!device) co_return refuse(exchange, device.error());
    filter.devices.push_back(*device);
  }
  DiscoveryForm form = DiscoveryForm::link_list;
  for (const std::string& interface : exchange.request.query("if")) {
    if (interface == "oic.if.baseline") {
      form = DiscoveryForm::baseline;
    } else if (interface != "oic.if.ll") {
      co_return refuse(exchange, coap::Code::bad_request,
                       "the interfaces of /oic/res are oic.if.ll and oic.if.baseline");
    }
  }
  const auto found = co_await exchange.cloud.find(session->caller, std::move(filter));
  if (!found) co_return refuse(exchange, found.error());

  std::vector<DiscoveredLink> links;
  for (const directory::FoundLink& link : *found) links.push_back({link.device.device, link.link, {}});
  Advertisement advertisement;
  advertisement.route = route_prefix;
  advertisement.endpoints.push_back(exchange.connection.advertised_endpoint());
  co_return respond(exchange.request, coap::Code::content, encode_links(links, advertisement, form));
}

}  // namespace ocf::gateway
