#include "base/overload.hpp"
#include "links/links.hpp"

#include <algorithm>
#include <set>

namespace ocf::links {
namespace {

using account::Right;
using Events = std::vector<Links::Event>;

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
  LinksPublished event;
  for (const auto& [href, link] : merged) {
    const auto known = state.links.find(href);
    if (known == state.links.end() || known->second != link) event.links.push_back(link);
  }
  if (command.name != state.name) event.name = command.name;
  if (event.links.empty() && event.name.empty()) return Events{};
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

}  // namespace

Result<Events> Links::decide(const State& state, const Command& command) {
  return std::visit(overload{[&](const PublishLinks& c) { return publish(state, c); },
                             [&](const UnpublishLinks& c) { return unpublish(state, c); }},
                    command);
}

}  // namespace ocf::links
