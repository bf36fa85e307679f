#include "gateway/endpoint.hpp"

#include "gateway/coap_status.hpp"
#include "gateway/connection.hpp"
#include "gateway/fault.hpp"

namespace ocf::gateway {

using coap::Code;
using coap::Message;
using coap::OptionNumber;

namespace {

Answer refusal(Exchange& exchange, Code code, std::string_view told) {
  Message message;
  message.code = code;
  if (code == Code::service_unavailable || code == Code::too_many_requests)
    message.add_uint(OptionNumber::max_age, 2);
  if (exchange.connection.takes_diagnostics()) message.payload = copy_of(as_bytes(told));
  return Answer(std::move(message));
}

Answer refuse(Exchange& exchange, Code code, const Error& error) {
  const Message& request = exchange.request;
  exchange.connection.note_refusal(request, code, fault_of(request, error), error.message());
  const Error told = account::is_refusal_of_credentials(error) ? account::AuthorizationError::refused : error;
  return refusal(exchange, code, told.message());
}

bool is_cbor(std::uint64_t format) {
  return format == coap::content_format::ocf_cbor || format == coap::content_format::cbor;
}

}  // namespace

Answer respond(const Message& request, Code code, Bytes payload) {
  Message message;
  message.code = code;
  if (!payload.empty()) {
    message.add_uint(OptionNumber::content_format,
                     accepted_format(request).value_or(coap::content_format::ocf_cbor));
    message.payload = std::move(payload);
  }
  if (request.find(OptionNumber::ocf_accept_content_format_version) != nullptr && !message.payload.empty()) {
    message.add_uint(OptionNumber::ocf_content_format_version, coap::ocf_version_1_0_0);
  }
  return Answer(std::move(message));
}

Answer refuse(Exchange& exchange, Code code, std::string_view why) {
  const Message& request = exchange.request;
  exchange.connection.note_refusal(request, code, fault_of(request, code), why);
  return refusal(exchange, code, why);
}

Answer refuse(Exchange& exchange, const Error& error) { return refuse(exchange, code_of(error), error); }

Answer refuse_account(Exchange& exchange, const Error& error) {
  const Code code = account_code_of(error);
  Answer answer = refuse(exchange, code, error);
  if (code == Code::service_unavailable) answer.outcome = RetryLater{};
  return answer;
}

std::optional<Answer> refuse_for_now(Exchange& exchange) {
  if (exchange.connection.device_session()) return std::nullopt;  // who is in goes on
  const auto stay_away = exchange.connection.take_sign_in();
  if (!stay_away) return std::nullopt;
  const Message& request = exchange.request;
  exchange.connection.note_refusal(request, Code::service_unavailable,
                                   fault_of(request, Code::service_unavailable),
                                   "too many devices sign up or in at once", "sign_ins_per_second");
  Message message;
  message.code = Code::service_unavailable;
  message.add_uint(OptionNumber::max_age, static_cast<std::uint64_t>(stay_away->count()));
  return Answer(std::move(message), RetryLater{});
}

std::optional<std::uint16_t> accepted_format(const Message& request) {
  if (request.find(OptionNumber::accept) == nullptr) return coap::content_format::ocf_cbor;
  const auto accept = request.uint(OptionNumber::accept);
  if (!accept || !is_cbor(*accept)) return std::nullopt;
  return static_cast<std::uint16_t>(*accept);
}

bool ends_observation(const Message& request) {
  return request.uint(OptionNumber::observe) == 1 || request.find(OptionNumber::block2) == nullptr;
}

bool has_cbor_payload(const Message& request) {
  if (request.find(OptionNumber::content_format) == nullptr) return true;
  const auto format = request.uint(OptionNumber::content_format);
  return format && is_cbor(*format);
}

}  // namespace ocf::gateway
