// Aggregate `links` (stream <tenant>/<di>/<registration>/links): what a device has published to the Resource
// Directory.
#pragma once

#include "account/principal.hpp"
#include "base/time.hpp"
#include "es/decider.hpp"
#include "ocf/link.hpp"

#include <map>
#include <optional>
#include <string>
#include <variant>
#include <vector>

namespace ocf::links {

// Stored: never renumber, add fields only (docs/wire/events-resource.md).
struct LinksPublished {
  std::vector<Link> links;  // new and changed ones, and those whose lifetime is another now
  std::string name;         // the device's `n`; empty: not said
  std::optional<Time>
      ends{};  // until when these links are kept unless they are published again; nullopt: no end
  friend bool operator==(const LinksPublished&, const LinksPublished&) = default;
};
struct LinksUnpublished {
  std::vector<Href> hrefs;
  friend bool operator==(const LinksUnpublished&, const LinksUnpublished&) = default;
};

enum class LinksError {
  permission_denied = 1,
  too_many_links,
  nothing_matches,  // no published link has one of these instances
};
Error make_error_code(LinksError error);

struct PublishLinks {
  account::Access access;  // needs to host
  account::Subject subject;
  std::vector<Link> links;  // `instance` is ignored: the hub gives its own
  std::string name;
  std::size_t links_max = 1000;
  Time now{};
  std::chrono::seconds lifetime{};  // of these links; 0: no end
};
struct UnpublishLinks {
  account::Access access;
  account::Subject subject;
  std::vector<std::int64_t> instances;  // empty: all
};
// The system's: unpublishes the links whose lifetime ended by then.
struct ExpireLinks {
  account::Access access;
  account::Subject subject;
  Time ended_by{};
};

struct Links {
  using Event = std::variant<LinksPublished, LinksUnpublished>;
  using Command = std::variant<PublishLinks, UnpublishLinks, ExpireLinks>;
  struct State {
    std::map<Href, Link> links;
    std::string name;
    std::map<Href, Time> ends{};  // of the links that have a lifetime
    friend bool operator==(const State&, const State&) = default;
  };

  // PublishLinks merges (OCF Core 11.3.6 as real devices use it): it adds and changes, never removes; links
  // that are published as they stand decide nothing, unless their lifetime is another. With a lifetime they
  // are kept a quarter of it longer, so that those which are published again within that quarter stand as
  // they are: of many refreshes few are stored, and no link goes before its time. Instances are
  // instance_of(href), counted up where two hrefs collide.
  static Result<std::vector<Event>> decide(const State& state, const Command& command);
  static State evolve(State state, const Event& event);
  static es::EncodedEvent encode(const Event& event);
  static Result<std::optional<Event>> decode(const es::RecordedEvent& recorded);
};
static_assert(es::Decider<Links>);

inline constexpr std::string_view stream_name = "links";

}  // namespace ocf::links

template <>
struct boost::system::is_error_code_enum<ocf::links::LinksError> : std::true_type {};
