#include "gateway/endpoint.hpp"

#include "gateway/coap_status.hpp"
#include "gateway/connection.hpp"

namespace ocf::gateway {

using coap::Code;
using coap::Message;
using coap::OptionNumber;

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
  exchange.connection.log_refusal(exchange.request, code, why);
  Message message;
  message.code = code;
  if (code == Code::service_unavailable) message.add_uint(OptionNumber::max_age, 2);
  if (exchange.connection.takes_diagnostics()) message.payload = copy_of(as_bytes(why));
  return Answer(std::move(message));
}

Answer refuse(Exchange& exchange, const Error& error) {
  return refuse(exchange, code_of(error), error.message());
}

Answer refuse_account(Exchange& exchange, const Error& error) {
  const Code code = account_code_of(error);
  Answer answer = refuse(exchange, code, error.message());
  if (code == Code::service_unavailable) answer.outcome = RetryLater{};
  return answer;
}

std::optional<std::uint16_t> accepted_format(const Message& request) {
  if (request.find(OptionNumber::accept) == nullptr) return coap::content_format::ocf_cbor;
  const auto accept = request.uint(OptionNumber::accept);
  if (accept == coap::content_format::ocf_cbor || accept == coap::content_format::cbor) {
    return static_cast<std::uint16_t>(*accept);
  }
  return std::nullopt;
}

bool has_cbor_payload(const Message& request) {
  if (request.find(OptionNumber::content_format) == nullptr) return true;
  const auto format = request.uint(OptionNumber::content_format);
  return format == coap::content_format::ocf_cbor || format == coap::content_format::cbor;
}

}  // namespace ocf::gateway
