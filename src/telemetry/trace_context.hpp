// W3C Trace Context, level 1: the header `traceparent`, by which systems tell each other which trace a
// request belongs to.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace ocf::telemetry {

// Where something stands in a trace: which trace, which span of it is ours, and which one caused it.
struct TraceContext {
  std::string trace_id;   // 32 hexadecimal digits, lower case; empty: no trace
  std::string span_id;    // 16 of them: ours
  std::string parent_id;  // 16 of them: the caller's span; empty: the trace begins here
  std::uint8_t flags = 0;

  static constexpr std::uint8_t sampled = 1;

  // A span of the trace that the header names, or, if the header is not well-formed, of a new trace
  // (§3.2.2.5, §4.3). What a later version of the header adds is passed over.
  static TraceContext of(std::optional<std::string_view> traceparent);

  bool empty() const { return trace_id.empty(); }
  // "00-<trace id>-<our span id>-<flags>"; empty if there is no trace.
  std::string traceparent() const;
};

}  // namespace ocf::telemetry
