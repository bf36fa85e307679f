// POST /oic/rd?rt=oic.wk.rdpub: the device publishes its links (R1); the hub then observes and retrieves them
// (G8, G9).
#include "gateway/connection.hpp"
#include "gateway/routes.hpp"
#include "links/texts.hpp"
#include "ocf/payloads.hpp"

#include <algorithm>

namespace ocf::gateway {
namespace {

constexpr std::string_view too_long =
    "the name, or a title, type or interface of a link, is longer than 256 bytes, or a link has more than 32 "
    "types "
    "or interfaces";
static_assert(links::text_bytes_max == 256 && links::texts_max == 32, "it is what the text says");

}  // namespace

awaitable<Answer> publish(Exchange& exchange) {
  const auto session = exchange.connection.device_session();
  if (!session) co_return refuse(exchange, coap::Code::unauthorized, "the session has ended");
  const auto asked = PublishRequest::decode(exchange.request.payload, exchange.settings.limits);
  if (!asked) co_return refuse(exchange, asked.error());
  if (asked->device != session->key.device) {
    co_return refuse(exchange, coap::Code::forbidden,
                     "a device publishes for itself only, not for " + asked->device.text());
  }
  if (links::is_too_long(asked->name) ||
      std::any_of(asked->links.begin(), asked->links.end(),
                  [](const Link& link) { return links::is_too_long(link); })) {
    co_return refuse(exchange, coap::Code::bad_request, too_long);
  }
  auto published = co_await exchange.connection.publish(*asked);
  if (!published) co_return refuse(exchange, published.error());

  if (exchange.connection.device_session()) exchange.connection.keep_true(*published);
  PublishAnswer answer;
  answer.device = asked->device;
  answer.ttl = asked->ttl;
  answer.links = std::move(*published);
  co_return respond(exchange.request, coap::Code::changed, answer.encode());
}

}  // namespace ocf::gateway
