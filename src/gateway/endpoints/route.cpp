// GET, POST, DELETE (and not PUT) on a device's resource, and its observation (R5): translated to the use
// cases, never passed on as they are, because a device closes on options that it does not know.
#include "base/random.hpp"
#include "cbor/cbor.hpp"
#include "cloud/limit_of.hpp"
#include "coap/description.hpp"
#include "gateway/coap_status.hpp"
#include "gateway/connection.hpp"
#include "gateway/endpoints/routing_path.hpp"
#include "gateway/routed.hpp"
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

Message message_of(Exchange& exchange, const cloud::Answer& answer, const Routed& routed) {
  Message message;
  message.code = code_of(answer.status);
  if (!answer.etag.empty()) message.add(OptionNumber::etag, answer.etag);
  // What may have changed since has no time left in which it is fresh (RFC 7252 §5.10.5).
  if (answer.stale_since) message.add_uint(OptionNumber::max_age, 0);
  if (message.code == Code::content && is_known(exchange.request, answer.etag)) {
    message.code = Code::valid;
    return message;
  }
  set_content(message, exchange.request, routed.content(answer.content));
  return message;
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

// How a request was answered, and whether an observation by it would bring the same view.
struct Asking {
  explicit Asking(Answer answer_) : answer(std::move(answer_)) {}
  Answer answer;
  std::optional<Routed> observable;
};

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

// `why`: of a refusal; empty: the device answered.
void trace_answer(Exchange& exchange, const es::CorrelationId& correlation, Code code,
                  const std::string& why = "") {
  std::string what = "the caller is answered " + coap::to_text(code) + ' ' + std::string(coap::name_of(code));
  if (!why.empty()) what += ": " + why;
  exchange.cloud.traces().finish(correlation, cloud::Hop(cloud::Hop::Place::caller, std::move(what)));
}

awaitable<Asking> ask(Exchange& exchange, Operation operation) {
  const auto what = asked(exchange);
  if (!what)
    co_return Asking(refuse(exchange, Code::bad_request, "the path does not name a device's resource"));
  if (!accepted_format(exchange.request))
    co_return Asking(refuse(exchange, Code::not_acceptable, "resources are CBOR"));
  Asked condition = *what;
  auto refusal = co_await refuse_by_condition(exchange, std::move(condition));
  if (refusal) co_return Asking(std::move(*refusal));

  cloud::Request request(what->target.device, what->target.href, operation);
  request.query = joined(exchange.request.queries());
  request.face = "CoAP";
  request.correlation = es::CorrelationId(random_uuid());
  const es::CorrelationId correlation = request.correlation;
  if (!exchange.request.payload.empty()) {
    const Limits& limits = exchange.settings.limits;
    if (!has_cbor_payload(exchange.request))
      co_return Asking(refuse(exchange, Code::unsupported_content_format, "the payload has to be CBOR"));
    const auto checked =
        cbor::check(exchange.request.payload, {limits.cbor_depth_max, limits.cbor_items_max});
    if (!checked) {
      exchange.connection.hit(cloud::limit_of(checked.error()));
      co_return Asking(
          refuse(exchange, Code::bad_request, "the payload is not valid CBOR: " + checked.error().message()));
    }
    request.content = {coap::content_format::ocf_cbor, share(exchange.request.payload)};
  }
  const auto answer = co_await exchange.cloud.request(what->caller, std::move(request));
  if (!answer) {
    Answer refused = refuse(exchange, answer.error());
    trace_answer(exchange, correlation, refused.message.code, answer.error().message());
    co_return Asking(std::move(refused));
  }
  Routed routed(what->target.device, answer->interface, exchange.connection.advertisement(),
                exchange.settings.limits);
  Asking asking(Answer(message_of(exchange, *answer, routed)));
  trace_answer(exchange, correlation, asking.answer.message.code);
  if (answer->by_default && answer->status == resource::Status::content)
    asking.observable = std::move(routed);
  co_return asking;
}

}  // namespace

awaitable<Answer> retrieve(Exchange& exchange) {
  const auto observe = exchange.request.uint(OptionNumber::observe);
  if (ends_observation(exchange.request)) exchange.connection.observations().cancel(exchange.request.token);
  if (observe != 0) co_return (co_await ask(exchange, Operation::retrieve)).answer;

  const auto what = asked(exchange);
  if (!what) co_return refuse(exchange, Code::bad_request, "the path does not name a device's resource");
  // Subscribed before the value is read, so that no change falls between.
  const auto started =
      co_await exchange.connection.observations().start(exchange, what->caller, what->target);
  if (!started) co_return refuse(exchange, started.error());
  Asking asking = co_await ask(exchange, Operation::retrieve);
  if (asking.observable) {
    exchange.connection.observations().begin(exchange.request.token, std::move(*asking.observable),
                                             asking.answer.message);
  } else {  // an answer without Observe says that there is no observation (RFC 7641 §4.1)
    exchange.connection.observations().cancel(exchange.request.token);
  }
  co_return std::move(asking.answer);
}

awaitable<Answer> update(Exchange& exchange) {
  const std::vector<std::string> interfaces = exchange.request.query("if");
  const bool creates = std::find(interfaces.begin(), interfaces.end(), "oic.if.create") != interfaces.end();
  co_return (co_await ask(exchange, creates ? Operation::create : Operation::update)).answer;
}

awaitable<Answer> remove(Exchange& exchange) { co_return (co_await ask(exchange, Operation::remove)).answer; }

awaitable<Answer> replace(Exchange& exchange) {
  co_return refuse(exchange, Code::method_not_allowed, "no complete replacement; POST changes a resource");
}

}  // namespace ocf::gateway
