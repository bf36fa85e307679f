// The log and the read models of a running hub, for the commands on its socket.
//
//   verb      request                  answer
//   log_end                            partitions, cursor: behind the last event
//   log       partition, from, limit   records: [base64url of es::encode_record], next: the offset to go on
//   from;
//                                      or corrupt: true
//   dump      from: how many lines     cursor, lines: [http::ModelLines], more: whether others follow
//             are known
#pragma once

#include "cloud/read_models.hpp"
#include "es/event_store.hpp"
#include "net/gate.hpp"

#include <boost/json/object.hpp>

namespace ocf::server {

// Lives on the hub's shard; store and models outlive it. An answer is cut behind so many bytes.
class LogRequests {
 public:
  static constexpr std::size_t answer_bytes = 512 * 1024;

  LogRequests(es::EventStore& store, const cloud::ReadModels& models) : store_(store), models_(models) {}

  boost::json::object end() const;
  net::awaitable<boost::json::object> read(boost::json::object request) const;
  // Lines of one moment, as long as the cursor stays the same.
  boost::json::object dump(const boost::json::object& request) const;

 private:
  es::EventStore& store_;
  const cloud::ReadModels& models_;
};

}  // namespace ocf::server
