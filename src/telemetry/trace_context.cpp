#include "telemetry/trace_context.hpp"

#include "base/bytes.hpp"
#include "base/random.hpp"

#include <algorithm>

namespace ocf::telemetry {
namespace {

constexpr std::size_t trace_id_bytes = 16;
constexpr std::size_t span_id_bytes = 8;
constexpr std::size_t version_00_size = 55;

bool is_hex(std::string_view text) {
  return std::all_of(text.begin(), text.end(),
                     [](char c) { return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f'); });
}

bool is_id(std::string_view text) {
  return is_hex(text) && text.find_first_not_of('0') != std::string_view::npos;
}

std::optional<TraceContext> parse(std::string_view text) {
  if (text.size() < version_00_size) return std::nullopt;
  const std::string_view version = text.substr(0, 2);
  if (!is_hex(version) || version == "ff") return std::nullopt;
  if (version == "00" ? text.size() != version_00_size
                      : text.size() > version_00_size && text[version_00_size] != '-')
    return std::nullopt;
  const std::string_view trace_id = text.substr(3, 2 * trace_id_bytes);
  const std::string_view parent_id = text.substr(36, 2 * span_id_bytes);
  const std::string_view flags = text.substr(53, 2);
  const bool has_dashes = text[2] == '-' && text[35] == '-' && text[52] == '-';
  if (!has_dashes || !is_id(trace_id) || !is_id(parent_id) || !is_hex(flags)) return std::nullopt;
  TraceContext context;
  context.trace_id = trace_id;
  context.parent_id = parent_id;
  context.flags = from_hex(flags).value().front() & TraceContext::sampled;  // version 00 knows no other
  return context;
}

}  // namespace

TraceContext TraceContext::of(std::optional<std::string_view> traceparent) {
  auto context = traceparent ? parse(*traceparent) : std::nullopt;
  if (!context) {
    context.emplace();
    context->trace_id = to_hex(random_bytes(trace_id_bytes));
    context->flags = sampled;
  }
  context->span_id = to_hex(random_bytes(span_id_bytes));
  return *std::move(context);
}

std::string TraceContext::traceparent() const {
  if (empty()) return {};
  return "00-" + trace_id + '-' + span_id + (flags == 0 ? "-00" : "-01");
}

}  // namespace ocf::telemetry
