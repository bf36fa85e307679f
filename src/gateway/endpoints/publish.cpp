// POST /oic/rd?rt=oic.wk.rdpub: the device publishes its links (R1); the hub then observes and retrieves them
// (G8, G9).
#include "gateway/connection.hpp"
#include "gateway/routes.hpp"
#include "ocf/payloads.hpp"

namespace ocf::gateway {

awaitable<Answer> publish(Exchange& exchange) {
  const auto session = exchange.connection.device_session();
  if (!session) co_return refuse(exchange, coap::Code::unauthorized, "the session has ended");
  const auto asked = PublishRequest::decode(exchange.request.payload, exchange.settings.limits);
  if (!asked) co_return refuse(exchange, asked.error());
  if (asked->device != session->key.device) {
    co_return refuse(exchange, coap::Code::forbidden,
                     "a device publishes for itself only, not for " + asked->device.text());
  }
  auto published =
      co_await exchange.cloud.publish(*session, asked->links, asked->name, std::chrono::seconds(asked->ttl));
  if (!published) co_return refuse(exchange, published.error());

  if (exchange.connection.device_session()) exchange.connection.keep_true(*published);
  PublishAnswer answer;
  answer.device = asked->device;
  answer.ttl = asked->ttl;
  answer.links = std::move(*published);
  co_return respond(exchange.request, coap::Code::changed, answer.encode());
}

}  // namespace ocf::gateway
