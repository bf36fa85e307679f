#include "cloud/protocol_log.hpp"

#include "cloud/error.hpp"

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <algorithm>
#include <utility>

namespace ocf::cloud {

std::string_view name_of(ProtocolLine::Direction direction) {
  return direction == ProtocolLine::Direction::from_device ? "from_device" : "to_device";
}

ProtocolLog::ProtocolLog(ProtocolLogs& logs, DeviceId device, OwnerKey reader,
                         const net::SteadyTimer::executor_type& executor)
    : logs_(logs),
      registered_(logs.logs_.emplace(device, this)),
      reader_(logs.readers_.insert(std::move(reader))),
      wake_(executor) {}

ProtocolLog::~ProtocolLog() {
  logs_.logs_.erase(registered_);
  logs_.readers_.erase(reader_);
}

boost::asio::awaitable<ProtocolLog::Lines> ProtocolLog::next(std::chrono::steady_clock::duration wait) {
  if (lines_.lines.empty() && !ended_) {
    wake_.expires_after(wait);
    co_await wake_.async_wait(boost::asio::as_tuple(boost::asio::use_awaitable));
  }
  bytes_ = 0;
  co_return std::exchange(lines_, {});
}

void ProtocolLog::cancel() {
  ended_ = true;
  wake_.cancel();
}

void ProtocolLog::put(ProtocolLine line) {
  const std::size_t bytes = sizeof(ProtocolLine) + line.message.size();
  // From the first that is left out on all are, until the reader has what came before.
  if (lines_.left_out > 0 || bytes_ + bytes > logs_.limits_.protocol_log_bytes_max) {
    ++lines_.left_out;
    return logs_.hits_.hit("protocol_log_bytes_max");
  }
  bytes_ += bytes;
  lines_.lines.push_back(std::move(line));
  wake_.cancel();
}

Result<std::unique_ptr<ProtocolLog>> ProtocolLogs::begin(DeviceId device, const account::Principal& reader,
                                                         const net::SteadyTimer::executor_type& executor) {
  ProtocolLog::OwnerKey owner(reader.tenant, reader.owner);
  const std::size_t of_owner_max = std::max<std::size_t>(limits_.protocol_logs_max / 4, 1);
  if (logs_.size() >= limits_.protocol_logs_max || readers_.count(owner) >= of_owner_max) {
    hits_.hit("protocol_logs_max");
    return CloudError::too_many_protocol_logs;
  }
  return std::unique_ptr<ProtocolLog>(new ProtocolLog(*this, device, std::move(owner), executor));
}

void ProtocolLogs::note(const DeviceId& device, const ProtocolLine& line) {
  const auto [first, last] = logs_.equal_range(device);
  for (auto log = first; log != last; ++log) log->second->put(line);
}

void ProtocolLogs::end(const DeviceId& device) {
  const auto [first, last] = logs_.equal_range(device);
  for (auto log = first; log != last; ++log) log->second->cancel();
}

}  // namespace ocf::cloud
