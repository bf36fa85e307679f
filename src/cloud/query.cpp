#include "cloud/query.hpp"

#include "cbor/utf8.hpp"

#include <algorithm>

namespace ocf::cloud {
namespace {

constexpr std::size_t part_bytes_max = 255;

const char* sentence(int value) {
  switch (static_cast<QueryError>(value)) {
    case QueryError::malformed: return "the query is not UTF-8, or a part of it is longer than 255 bytes";
    case QueryError::too_long: return "the query is longer than the options of a message may be";
  }
  return "unknown";
}

constexpr SentenceCategory category{"query", sentence};

}  // namespace

Error make_error_code(QueryError error) { return {static_cast<int>(error), category}; }

std::string_view take_part(std::string_view& query) {
  const std::string_view part = query.substr(0, query.find('&'));
  query.remove_prefix(std::min(part.size() + 1, query.size()));
  return part;
}

Result<void> check_query(std::string_view query, const Limits& limits) {
  if (!cbor::is_utf8(as_bytes(query))) return QueryError::malformed;
  std::size_t parts = 0;
  for (std::string_view rest = query; !rest.empty(); ++parts) {
    if (take_part(rest).size() > part_bytes_max) return QueryError::malformed;
  }
  if (parts > limits.options_per_message_max || query.size() > limits.option_bytes_max)
    return QueryError::too_long;
  return {};
}

}  // namespace ocf::cloud
