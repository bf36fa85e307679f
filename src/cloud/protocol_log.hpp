// What `ocf-cloud protocol-log` reads: each message of one device's connections, as the gateway describes it.
#pragma once

#include "account/principal.hpp"
#include "base/limits.hpp"
#include "base/result.hpp"
#include "base/time.hpp"
#include "net/clock.hpp"
#include "net/shard.hpp"
#include "ocf/device_id.hpp"
#include "telemetry/limit_hits.hpp"

#include <boost/asio/awaitable.hpp>

#include <cstdint>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace ocf::cloud {

class ProtocolLogs;

struct ProtocolLine {
  enum class Direction : std::uint8_t { from_device, to_device };
  Time time{};
  Direction direction = Direction::from_device;
  std::string message;  // for people, several lines, without secrets
};
std::string_view name_of(ProtocolLine::Direction direction);

// One reader's queue of at most limits.protocol_log_bytes_max. Destroying it ends it; the ProtocolLogs
// outlive it.
class ProtocolLog {
 public:
  ~ProtocolLog();
  ProtocolLog(const ProtocolLog&) = delete;
  ProtocolLog& operator=(const ProtocolLog&) = delete;

  struct Lines {
    std::vector<ProtocolLine> lines;
    std::size_t left_out = 0;  // messages that came after these and found no room
  };
  // What has come since the last call, or comes first within that time; nothing if nothing came, or it ended.
  boost::asio::awaitable<Lines> next(std::chrono::steady_clock::duration wait);
  void cancel();
  // It was canceled, or its device left.
  bool is_ended() const { return ended_; }

 private:
  friend class ProtocolLogs;
  using OwnerKey = std::pair<account::Tenant, account::Owner>;
  ProtocolLog(ProtocolLogs& logs, DeviceId device, OwnerKey reader,
              const net::SteadyTimer::executor_type& executor);
  void put(ProtocolLine line);

  ProtocolLogs& logs_;
  std::multimap<DeviceId, ProtocolLog*>::iterator registered_;
  std::multiset<OwnerKey>::iterator reader_;
  net::SteadyTimer wake_;
  Lines lines_;
  std::size_t bytes_ = 0;
  bool ended_ = false;
};

// Lives on the cloud's shard. The limits outlive it.
class ProtocolLogs {
 public:
  ProtocolLogs(const Limits& limits, telemetry::LimitHits& hits) : limits_(limits), hits_(hits) {}

  // One owner's readers have a quarter of the places at most, but one always. Errors: too_many_protocol_logs.
  Result<std::unique_ptr<ProtocolLog>> begin(DeviceId device, const account::Principal& reader,
                                             const net::SteadyTimer::executor_type& executor);
  // Whether it is worth a gateway's while to describe the device's messages.
  bool is_read(const DeviceId& device) const { return logs_.contains(device); }
  void note(const DeviceId& device, const ProtocolLine& line);
  // The device left: what comes by its id may be another owner's.
  void end(const DeviceId& device);

 private:
  friend class ProtocolLog;

  const Limits& limits_;
  telemetry::LimitHits& hits_;
  std::multimap<DeviceId, ProtocolLog*> logs_;
  std::multiset<ProtocolLog::OwnerKey> readers_;
};

}  // namespace ocf::cloud
