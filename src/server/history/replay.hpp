// A model beside the live one: the log folded into read models of its own, up to a point and with other
// events if wanted.
#pragma once

#include "cloud/read_models.hpp"
#include "server/history/amendments.hpp"
#include "server/history/log_source.hpp"

#include <cstddef>
#include <optional>

namespace ocf::server {

struct Replayed {
  explicit Replayed(es::Partition partitions) : models(partitions) {}

  cloud::ReadModels models;
  cloud::Cursor cursor;  // behind the last event that was folded
  // Resources of which nothing is known: what was said of them by then is trimmed.
  std::size_t trimmed = 0;
};

// Nothing but the log is touched. Amendments: nullptr: none. Throws CommandFailure: the log cannot be read,
// an amendment does not fit.
Replayed replay(LogSource& log, const std::optional<cloud::Point>& until, Amendments* amendments);

}  // namespace ocf::server
