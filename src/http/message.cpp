#include "http/message.hpp"

#include <algorithm>

namespace ocf::http {
namespace {

char lower(char letter) { return letter >= 'A' && letter <= 'Z' ? static_cast<char>(letter - 'A' + 'a') : letter; }

bool same_name(std::string_view a, std::string_view b) {
  return std::equal(a.begin(), a.end(), b.begin(), b.end(), [](char x, char y) { return lower(x) == lower(y); });
}

std::optional<std::string_view> first(const std::vector<Field>& fields, std::string_view name) {
  for (const Field& field : fields) {
    if (same_name(field.name, name)) return field.value;
  }
  return std::nullopt;
}

}  // namespace

std::optional<std::string_view> Request::field(std::string_view name) const { return first(fields, name); }
std::optional<std::string_view> Response::field(std::string_view name) const { return first(fields, name); }

Response json_response(unsigned status, std::string json) {
  Response response(status);
  response.add("Content-Type", "application/json");
  response.body = std::move(json);
  return response;
}

}  // namespace ocf::http
