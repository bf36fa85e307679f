// GET, POST, DELETE (and not PUT) on a device's resource, and its observation (R5): translated to the use
// cases, never passed on as they are, because a device closes on options that it does not know.
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

// The refusal of a request whose conditions (RFC 7252 §5.10.8) do not hold for what the hub knows of the
// resource. A change that the device has not told yet cannot be seen.
awaitable<std::optional<Answer>> refuse_by_condition(Exchange& exchange, Asked what) {
  const bool wants_new = exchange.request.find(OptionNumber::if_none_match) != nullptr;
  const std::vector<Bytes> wanted = exchange.request.values(OptionNumber::if_match);
  // An empty one is met by whatever is there.
  const bool wants_known =
      !wanted.empty() && std::find(wanted.begin(), wanted.end(), Bytes()) == wanted.end();
  if (!wants_new && !wants_known) co_return std::nullopt;

  cloud::Request request(what.target.device, what.target.href, Operation::retrieve);
  const auto known = co_await exchange.cloud.request(std::move(what.caller), std::move(request));
  if (!known && (wants_known || known.error() == cloud::CloudError::not_found))
    co_return refuse(exchange, known.error());
  if (wants_new) co_return refuse(exchange, Code::precondition_failed, "the resource is there");
  const bool matches = std::find(wanted.begin(), wanted.end(), known->etag) != wanted.end();
  if (matches) co_return std::nullopt;
  co_return refuse(exchange, Code::precondition_failed, "the resource has another ETag");
}

awaitable<Answer> ask(Exchange& exchange, Operation operation) {
  const auto what = asked(exchange);
  if (!what) co_return refuse(exchange, Code::bad_request, "the path does not name a device's resource");
  if (!accepted_format(exchange.request))
    co_return refuse(exchange, Code::not_acceptable, "resources are CBOR");
  Asked condition = *what;
  auto refusal = co_await refuse_by_condition(exchange, std::move(condition));
  if (refusal) co_return std::move(*refusal);

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
  if (ends_observation(exchange.request)) exchange.connection.observations().cancel(exchange.request.token);
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

awaitable<Answer> replace(Exchange& exchange) {
  co_return refuse(exchange, Code::method_not_allowed, "no complete replacement; POST changes a resource");
}

}  // namespace ocf::gateway
