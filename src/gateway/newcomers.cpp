#include "gateway/newcomers.hpp"

#include "net/endpoint.hpp"

namespace ocf::gateway {

Newcomers::Place::~Place() {
  if (newcomers_ == nullptr) return;
  newcomers_->connections_.erase(at_);
  const auto count = newcomers_->by_address_.find(from_);
  if (--count->second == 0) newcomers_->by_address_.erase(count);
}

std::string_view Newcomers::limit_above(const Address& from) const {
  if (connections_.size() >= limits_.unauthenticated_connections_max)
    return "unauthenticated_connections_max";
  const auto count = by_address_.find(net::subscriber_of(from));
  const bool has_all =
      count != by_address_.end() && count->second >= limits_.unauthenticated_connections_per_address_max;
  return has_all ? "unauthenticated_connections_per_address_max" : "";
}

Newcomers::Place Newcomers::enter(Connection* connection, const Address& from) {
  const Address subscriber = net::subscriber_of(from);
  ++by_address_[subscriber];
  return {*this, subscriber, connections_.insert(connections_.end(), connection)};
}

std::vector<Connection*> Newcomers::newest(std::size_t most) const {
  std::vector<Connection*> newest;
  for (auto next = connections_.rbegin(); next != connections_.rend() && newest.size() < most; ++next)
    newest.push_back(*next);
  return newest;
}

}  // namespace ocf::gateway
