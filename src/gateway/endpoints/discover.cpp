// GET /oic/res: the links that the caller may see, by resource type and device (R3), and its observation.
#include "gateway/connection.hpp"
#include "gateway/endpoints/discovery.hpp"
#include "gateway/routes.hpp"

namespace ocf::gateway {

awaitable<Answer> discover(Exchange& exchange) {
  const auto session = exchange.connection.device_session();
  if (!session) co_return refuse(exchange, coap::Code::unauthorized, "the session has ended");
  auto parsed = parse_discovery_query(exchange.request);
  if (const auto* bad = std::get_if<BadQuery>(&parsed))
    co_return refuse(exchange, coap::Code::bad_request, bad->why);
  DiscoveryQuery query = std::get<DiscoveryQuery>(std::move(parsed));

  Observations& observations = exchange.connection.observations();
  const coap::Token token = exchange.request.token;
  if (ends_observation(exchange.request)) observations.cancel(token);
  const bool observes = exchange.request.uint(coap::OptionNumber::observe) == 0 && query.is_observable();
  if (observes) {
    // Subscribed before the links are read, so that no change falls between.
    DiscoveryQuery observed = query;
    const auto started =
        co_await observations.discovery().start(exchange, session->caller, std::move(observed));
    if (!started) co_return refuse(exchange, started.error());
  }
  Discovery found = co_await find_links(exchange, session->caller, std::move(query));
  if (observes) observations.discovery().begin(token, found);
  co_return std::move(found.answer);
}

}  // namespace ocf::gateway
