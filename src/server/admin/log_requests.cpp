#include "server/admin/log_requests.hpp"

#include "base/bytes.hpp"
#include "http/model_json.hpp"
#include "server/admin/admin_socket.hpp"

#include <boost/json/array.hpp>

#include <algorithm>
#include <optional>

namespace ocf::server {

namespace json = boost::json;

namespace {

constexpr std::size_t events_per_answer = 500;

std::optional<std::uint64_t> number_of(const json::object& request, std::string_view name) {
  const json::value* value = request.if_contains(name);
  if (value == nullptr) return std::nullopt;
  boost::system::error_code impossible;
  const auto number = value->to_number<std::uint64_t>(impossible);
  if (impossible) return std::nullopt;
  return number;
}

}  // namespace

json::object LogRequests::end() const {
  return {{"partitions", store_.partitions()}, {"cursor", models_.cursor().text()}};
}

net::awaitable<json::object> LogRequests::read(json::object request) const {
  const auto partition = number_of(request, "partition");
  const auto from = number_of(request, "from");
  const auto limit = number_of(request, "limit");
  if (!partition || !from || !limit || *partition >= store_.partitions() || *limit == 0)
    co_return refusal("a partition, an offset and a limit are needed", "usage");
  const auto slice = co_await store_.read_partition(static_cast<es::Partition>(*partition), *from,
                                                    std::min<std::uint64_t>(*limit, events_per_answer));
  if (!slice && slice.error() == es::StoreError::corrupt) co_return json::object{{"corrupt", true}};
  if (!slice) co_return refusal("the log cannot be read: " + slice.error().message());
  json::array records;
  std::size_t bytes = 0;
  es::Offset next = slice->next;
  for (const es::RecordedEvent& recorded : *slice->events) {
    if (bytes >= answer_bytes) {
      next = recorded.position.offset;
      break;
    }
    const std::string record = to_base64url(es::encode_record(recorded));
    bytes += record.size();
    records.emplace_back(record);
  }
  co_return json::object{{"records", std::move(records)}, {"next", next}};
}

json::object LogRequests::dump(const json::object& request) const {
  const auto from = number_of(request, "from");
  if (!from) return refusal("it has to be said how many lines are known", "usage");
  const http::ModelLines model(models_);
  json::array lines;
  std::size_t bytes = 0, at = *from;
  for (; at < model.keys().size() && bytes < answer_bytes; ++at) {
    const std::string line = model.line(model.keys()[at]);
    bytes += line.size();
    lines.emplace_back(line);
  }
  return {
      {"cursor", models_.cursor().text()}, {"lines", std::move(lines)}, {"more", at < model.keys().size()}};
}

}  // namespace ocf::server
