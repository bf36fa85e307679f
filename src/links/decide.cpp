#include "base/overload.hpp"
#include "links/links.hpp"

#include <algorithm>
#include <set>

namespace ocf::links {
namespace {

using account::Right;
using Events = std::vector<Links::Event>;

// Until when links that are published now have to be kept, at least, and are if that is stored.
struct Lifetime {
  explicit Lifetime(const PublishLinks& command) {
    if (command.lifetime.count() == 0) return;
    at_least = command.now + command.lifetime;
    stored = *at_least + std::chrono::milliseconds(command.lifetime) / 4;
  }
  bool is_kept(const Links::State& state, const Href& href) const {
    const auto end = state.ends.find(href);
    if (end == state.ends.end() || !stored) return end == state.ends.end() && !stored;
    return *at_least <= end->second && end->second <= *stored;
  }

  std::optional<Time> at_least, stored;  // nullopt: no end
};

// The state's links with the published ones merged in, each with the hub's instance.
std::map<Href, Link> merge(const Links::State& state, const std::vector<Link>& published) {
  std::map<Href, Link> merged = state.links;
  std::set<std::int64_t> instances;
  for (const auto& [href, link] : merged) instances.insert(link.instance);
  for (const Link& link : published) {
    if (link.href.text() == status_href) continue;
    const auto [place, is_new] = merged.try_emplace(link.href);
    std::int64_t instance = place->second.instance;
    if (is_new) {
      for (instance = instance_of(link.href); !instances.insert(instance).second;) ++instance;
    }
    place->second = link;
    place->second.instance = instance;
  }
  return merged;
}

Result<Events> publish(const Links::State& state, const PublishLinks& command) {
  if (!command.access.allows(command.subject, Right::host)) return LinksError::permission_denied;
  const auto merged = merge(state, command.links);
  if (merged.size() > std::max(command.links_max, state.links.size())) return LinksError::too_many_links;
  std::set<Href> published;
  for (const Link& link : command.links) published.insert(link.href);
  LinksPublished event;
  const Lifetime lifetime(command);
  event.ends = lifetime.stored;
  for (const auto& [href, link] : merged) {
    const auto known = state.links.find(href);
    const bool is_as_it_stands = known != state.links.end() && known->second == link &&
                                 (!published.contains(href) || lifetime.is_kept(state, href));
    if (!is_as_it_stands) event.links.push_back(link);
  }
  if (command.name != state.name) event.name = command.name;
  if (event.links.empty() && event.name.empty()) return Events{};
  if (event.links.empty()) event.ends.reset();
  return Events{std::move(event)};
}

Result<Events> unpublish(const Links::State& state, const UnpublishLinks& command) {
  if (!command.access.allows(command.subject, Right::host)) return LinksError::permission_denied;
  const std::set<std::int64_t> wanted(command.instances.begin(), command.instances.end());
  LinksUnpublished event;
  for (const auto& [href, link] : state.links) {
    if (wanted.empty() || wanted.contains(link.instance)) event.hrefs.push_back(href);
  }
  if (!event.hrefs.empty()) return Events{std::move(event)};
  if (!wanted.empty()) return LinksError::nothing_matches;
  return Events{};
}

Result<Events> expire(const Links::State& state, const ExpireLinks& command) {
  const bool is_system = command.access.principal.kind == account::Principal::Kind::system;
  if (!is_system || !command.access.allows(command.subject, Right::host))
    return LinksError::permission_denied;
  LinksUnpublished event;
  for (const auto& [href, end] : state.ends) {
    if (end <= command.ended_by) event.hrefs.push_back(href);
  }
  if (event.hrefs.empty()) return Events{};
  return Events{std::move(event)};
}

}  // namespace

Result<Events> Links::decide(const State& state, const Command& command) {
  return std::visit(overload{[&](const PublishLinks& c) { return publish(state, c); },
                             [&](const UnpublishLinks& c) { return unpublish(state, c); },
                             [&](const ExpireLinks& c) { return expire(state, c); }},
                    command);
}

}  // namespace ocf::links
