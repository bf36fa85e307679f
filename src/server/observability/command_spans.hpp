// The traces of commands as spans, for a collector.
#pragma once

#include "cloud/traces.hpp"
#include "telemetry/otlp.hpp"

#include <vector>

namespace ocf::server {

// One span for the command, whose hops are its events, and one within it for each answer that the device was
// asked for. Their names are few: what they are about stands in their attributes.
std::vector<telemetry::Span> command_spans(const cloud::Trace& trace);

}  // namespace ocf::server
