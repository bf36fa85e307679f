// GET /api/v1/devices/{di}/diff?from=&to=&href=: what changed between two points; without `to`, until now.
#include "cloud/error.hpp"
#include "cloud/past.hpp"
#include "http/difference_json.hpp"
#include "http/endpoints/endpoints.hpp"

namespace ocf::http::endpoints {
namespace {

awaitable<Result<cloud::Past>> past(Exchange& exchange, DeviceId id, cloud::Point point,
                                    const std::optional<Href>& href, cloud::PastPlace place = nullptr) {
  auto past = co_await exchange.cloud.past(exchange.caller, id, std::move(point), std::move(place));
  if (!past) co_return past.error();
  Result<void> folded;
  if (href)
    folded = co_await past->fold_resource(*href);
  else
    folded = co_await past->fold_resources();
  if (!folded) co_return folded.error();
  co_return past;
}

DeviceState state_of(const cloud::Past& past, const std::optional<Href>& href) {
  return {past.device(), &past.representations(), href ? &*href : nullptr};
}

}  // namespace

awaitable<Result<Response>> diff(Exchange& exchange) {
  const auto id = device_in_path(exchange);
  if (!id) co_return id.error();
  const auto href = href_in_query(exchange);
  if (!href) co_return href.error();
  auto from = point_in_query(exchange, "from");
  if (!from) co_return from.error();
  auto to = point_in_query(exchange, "to");
  if (!to) co_return to.error();
  if (!*from) co_return malformed(exchange, "from");
  cloud::Point end = *to ? std::move(**to) : cloud::Point(exchange.cloud.read_models().cursor());
  const auto was = co_await past(exchange, *id, std::move(**from), *href);
  if (!was) co_return was.error();
  const auto is = co_await past(exchange, *id, std::move(end), *href, was->place());
  if (!is) co_return is.error();
  if (was->device() == nullptr && is->device() == nullptr) co_return cloud::CloudError::not_found;
  std::string body;
  JsonWriter json(body);
  json.begin_object().key("di").text(id->text());
  write_difference(json, state_of(*was, *href), state_of(*is, *href));
  json.end_object();
  co_return json_response(200, std::move(body));
}

}  // namespace ocf::http::endpoints
