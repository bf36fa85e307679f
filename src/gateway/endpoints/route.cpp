// GET, POST and DELETE on a device's resource, and its observation (R5): translated to the use cases, never
// passed on as they are, because a device closes on options that it does not know.
#include "cbor/cbor.hpp"
#include "gateway/coap_status.hpp"
#include "gateway/connection.hpp"
#include "gateway/endpoints/routing_path.hpp"
#include "gateway/routes.hpp"

namespace ocf::gateway {
namespace {

using coap::Code;
using coap::Message;
using coap::OptionNumber;
using resource::Operation;

std::string joined(const std::vector<std::string>& queries) {
  std::string text;
  for (const std::string& query : queries) text += (text.empty() ? "" : "&") + query;
  return text;
}

bool is_known(const Message& request, const Bytes& etag) {
  const auto known = request.etags();
  return !etag.empty() && std::find(known.begin(), known.end(), etag) != known.end();
}

Answer answer_of(Exchange& exchange, const cloud::Answer& answer) {
  Message message;
  message.code = code_of(answer.status);
  if (!answer.etag.empty()) message.add(OptionNumber::etag, answer.etag);
  if (message.code == Code::content && is_known(exchange.request, answer.etag)) {
    message.code = Code::valid;
    return Answer(std::move(message));
  }
  set_content(message, exchange.request, answer.content);
  return Answer(std::move(message));
}

// The part that all methods share: who asks, and for what.
struct Asked {
  cloud::Caller caller;
  RoutingPath target;
};
std::optional<Asked> asked(Exchange& exchange) {
  const auto& session = exchange.connection.device_session();
  auto target = parse_routing_path(exchange.request.path(), exchange.settings.limits.href_bytes_max);
  if (!session || !target) return std::nullopt;
  return Asked{session->caller, std::move(*target)};
}

awaitable<Answer> ask(Exchange& exchange, Operation operation) {
  const auto what = asked(exchange);
  if (!what) co_return refuse(exchange, Code::bad_request, "the path does not name a device's resource");
  if (!accepted_format(exchange.request))
    co_return refuse(exchange, Code::not_acceptable, "resources are CBOR");

  cloud::Request request(what->target.device, what->target.href, operation);
  request.query = joined(exchange.request.queries());
  if (!exchange.request.payload.empty()) {
    const Limits& limits = exchange.settings.limits;
    if (!has_cbor_payload(exchange.request))
      co_return refuse(exchange, Code::unsupported_content_format, "the payload has to be CBOR");
    const auto checked =
        cbor::check(exchange.request.payload, {limits.cbor_depth_max, limits.cbor_items_max});
    if (!checked)
      co_return refuse(exchange, Code::bad_request,
                       "the payload is not valid CBOR: " + checked.error().message());
    request.content = {coap::content_format::ocf_cbor, share(exchange.request.payload)};
  }
  const auto answer = co_await exchange.cloud.request(what->caller, std::move(request));
  if (!answer) co_return refuse(exchange, answer.error());
  co_return answer_of(exchange, *answer);
}

}  // namespace

awaitable<Answer> retrieve(Exchange& exchange) {
  const auto observe = exchange.request.uint(OptionNumber::observe);
  if (observe == 1) exchange.connection.observations().cancel(exchange.request.token);
  if (observe != 0) co_return co_await ask(exchange, Operation::retrieve);

  const auto what = asked(exchange);
  if (!what) co_return refuse(exchange, Code::bad_request, "the path does not name a device's resource");
  // Subscribed before the value is read, so that no change falls between.
  const auto started =
      co_await exchange.connection.observations().start(exchange, what->caller, what->target);
  if (!started) co_return refuse(exchange, started.error());
  Answer answer = co_await ask(exchange, Operation::retrieve);
  if (answer.message.code == Code::content || answer.message.code == Code::valid) {
    exchange.connection.observations().add_sequence(exchange.request.token, answer.message);
  } else {
    exchange.connection.observations().cancel(exchange.request.token);
  }
  co_return answer;
}

awaitable<Answer> update(Exchange& exchange) {
  const std::vector<std::string> interfaces = exchange.request.query("if");
  const bool creates = std::find(interfaces.begin(), interfaces.end(), "oic.if.create") != interfaces.end();
  co_return co_await ask(exchange, creates ? Operation::create : Operation::update);
}

awaitable<Answer> remove(Exchange& exchange) { co_return co_await ask(exchange, Operation::remove); }

}  // namespace ocf::gateway
