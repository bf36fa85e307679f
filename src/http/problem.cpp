#include "http/problem.hpp"

#include "account/authorization.hpp"
#include "http/content.hpp"
#include "http/error.hpp"
#include "http/http_status.hpp"
#include "http/json_writer.hpp"

namespace ocf::http {
namespace {

constexpr unsigned unauthorized = 401;

Response begin(const Outcome& outcome, std::string_view detail) {
  Response response(outcome.status);
  response.reason = outcome.reason;
  response.add("Content-Type", "application/problem+json");
  if (outcome.retry_after_s != 0) response.add("Retry-After", std::to_string(outcome.retry_after_s));
  JsonWriter json(response.body);
  json.begin_object();
  json.key("title").text(phrase_of(outcome.status));
  json.key("status").number(outcome.status);
  json.key("reason").text(outcome.reason);
  json.key("detail").text(detail);
  return response;
}

// RFC 6750 §3.1: the error code only where a token was shown.
std::string challenge(const Error& error) {
  std::string text = "Bearer realm=\"ocf-cloud\"";
  if (account::is_refusal_of_credentials(error)) text += ", error=\"invalid_token\"";
  return text;
}

}  // namespace

Response problem(const Error& error, std::string_view parameter) {
  const Outcome outcome = outcome_of(error);
  // What we do not expect may say more than outsiders should know.
  const bool is_expected = outcome.status != outcome_of(HttpError::internal).status;
  std::string detail = is_expected ? error.message() : make_error_code(HttpError::internal).message();
  if (!parameter.empty()) detail += ": " + std::string(parameter);
  Response response = begin(outcome, detail);
  JsonWriter json(response.body);
  if (!parameter.empty()) json.key("parameter").text(parameter);
  json.end_object();
  if (outcome.status == unauthorized) response.add("WWW-Authenticate", challenge(error));
  return response;
}

Response problem(const cloud::Answer& answer) {
  Response response = begin(outcome_of(answer.status, false), "the device refused the request");
  JsonWriter json(response.body);
  if (!view_of(answer.content.bytes).empty()) write_content(json.key("answer"), answer.content);
  json.end_object();
  return response;
}

}  // namespace ocf::http
