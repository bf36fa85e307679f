// What a device has said and is not in the cloud yet: one queue per connection, carried on one at a time, so
// that the order of arrival is the order of storing. While the store is away nothing of it is lost: of each
// resource the newest representation is kept, and what cannot be replaced is tried again until it is stored.
#pragma once

#include "base/token_bucket.hpp"
#include "cloud/cloud.hpp"
#include "gateway/patience.hpp"
#include "gateway/session.hpp"

#include <boost/asio/awaitable.hpp>

#include <deque>
#include <memory>
#include <variant>

namespace ocf::gateway {

class Connection;

// The device answered 4.04: it does not have this resource any more.
struct Gone {
  explicit Gone(Href href_) : href(std::move(href_)) {}
  Href href;
};
// What it hosts, as it said when the hub asked because its publication was lost.
struct Found {
  explicit Found(std::vector<Link> links_) : links(std::move(links_)) {}
  std::vector<Link> links;
};
// Everything before this is stored: with it the shadow is true up to this device-wide ETag.
struct Synchronized {
  explicit Synchronized(Bytes etag_) : etag(std::move(etag_)) {}
  Bytes etag;
};
using Said =
    std::variant<cloud::Notification, cloud::Confirmation, Gone, Found, Synchronized, DeliverCustody>;

// Lives in its connection.
class Intake {
 public:
  explicit Intake(Connection& connection);

  // Above Limits::device_messages_per_second notifications wait; of what waits only the newest of each
  // resource is kept. Above Limits::notifications_queued_max entries, or their bytes, only the newest of each
  // resource is kept; a device that says more than that is closed.
  void put(Said said);
  // The device's session is over: what is not stored is what the next one will ask for. Pongs are the
  // connection's; those that waited for it go without custody.
  void clear();
  // Nothing is being served any more: the Pongs that waited for that go.
  void served();
  std::size_t size() const { return queue_.size() + pongs_.size(); }
  // Whether the device's answer to the command is not stored yet.
  bool holds_answer(const es::CorrelationId& correlation) const;

 private:
  static boost::asio::awaitable<void> carry(std::shared_ptr<Connection> keep);
  boost::asio::awaitable<Result<void>> carry(Said said);
  void answer(Bytes pong);
  boost::asio::awaitable<Result<void>> carry(const cloud::DeviceSession& session, cloud::Notification said);
  boost::asio::awaitable<Result<void>> carry(const cloud::DeviceSession& session, cloud::Confirmation said);
  boost::asio::awaitable<Result<void>> carry(const cloud::DeviceSession& session, Gone said);
  boost::asio::awaitable<Result<void>> carry(const cloud::DeviceSession& session, Found said);
  boost::asio::awaitable<Result<void>> carry(const cloud::DeviceSession& session, Synchronized said);
  // Whether it stands in the place of an older one now, before what was said in between: a Ping with Custody
  // then waits for the newer one.
  bool replaces_one(Said& said);
  bool holds_more_than(std::size_t entries) const;
  // Which limit that is.
  std::string_view limit_above(std::size_t entries) const;
  // Only the newest of each resource is left. What was to be acknowledged waits for that: Pings are behind
  // all else then.
  void drop_replaced();
  // The same where nothing stands in between that might mean another value.
  void join();
  void let_pings_wait();
  // Whether something newer waits that says the same.
  bool is_replaced(const Said& said) const;
  void tell_of_replaced();

  Connection& connection_;
  std::deque<Said> queue_;
  std::deque<Bytes> pongs_;       // what came before is stored, but not yet served
  std::size_t queued_bytes_ = 0;  // of the contents in the queue
  bool carrying_ = false;
  es::CorrelationId carried_answer_;  // of the answer that is being stored; empty: none is
  bool is_held_ = false;              // the first one is a notification that waits for its turn
  TokenBucket notifications_;
  Patience patience_;           // between attempts, while the store is away
  std::size_t replaced_ = 0;    // notifications of which only a newer one was stored
  std::uint64_t sequence_ = 0;  // counts what the device said in this session
  std::uint64_t sessions_ = 0;  // that are over
};

}  // namespace ocf::gateway
