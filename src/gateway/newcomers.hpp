// Newcomers: the connections that have not signed in, and how many of them each address has.
#pragma once

#include "base/limits.hpp"

#include <boost/asio/ip/address.hpp>

#include <cstddef>
#include <list>
#include <map>
#include <string_view>
#include <utility>
#include <vector>

namespace ocf::gateway {

class Connection;

// Lives in its gateway; outlives its places.
class Newcomers {
 public:
  using Address = boost::asio::ip::address;

  // One newcomer; destroyed when it has signed in or is gone.
  class Place {
   public:
    Place(Place&& other) noexcept
        : newcomers_(std::exchange(other.newcomers_, nullptr)),
          from_(std::move(other.from_)),
          at_(other.at_) {}
    Place& operator=(Place&&) = delete;
    ~Place();

   private:
    friend class Newcomers;
    Place(Newcomers& newcomers, Address from, std::list<Connection*>::iterator at)
        : newcomers_(&newcomers), from_(std::move(from)), at_(at) {}

    Newcomers* newcomers_;
    Address from_;
    std::list<Connection*>::iterator at_;
  };

  explicit Newcomers(const Limits& limits) : limits_(limits) {}

  // Which limit one more from there would be above; empty: none. Of IPv6 a whole /64 counts as one address.
  std::string_view limit_above(const Address& from) const;
  // Whether it is above a limit or not: who signs out is one again.
  Place enter(Connection* connection, const Address& from);

  std::size_t size() const { return connections_.size(); }
  // At most so many, the newest first.
  std::vector<Connection*> newest(std::size_t most) const;

 private:
  const Limits& limits_;
  std::list<Connection*> connections_;  // the oldest first
  std::map<Address, std::size_t> by_address_;
};

}  // namespace ocf::gateway
