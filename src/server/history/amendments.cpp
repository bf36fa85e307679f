#include "server/history/amendments.hpp"

#include "account/holder.hpp"
#include "base/bytes.hpp"
#include "cbor/cbor.hpp"
#include "device/device.hpp"
#include "links/links.hpp"
#include "resource/resource.hpp"
#include "server/exit.hpp"
#include "server/history/log_check.hpp"

#include <boost/json/array.hpp>
#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>
#include <fmt/format.h>

#include <limits>
#include <set>
#include <stdexcept>
#include <utility>

namespace ocf::server {

namespace json = boost::json;

namespace {

constexpr std::uint16_t ocf_cbor = 10000;

// Why data is not that of an event.
class Unfit : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

// The properties of a JSON object: each is asked for, and none may be left over.
class Properties {
 public:
  Properties(const json::value& value, const std::string& what) {
    if (!value.is_object()) throw Unfit(what + " has to be an object");
    object_ = &value.get_object();
  }

  const json::value* find(std::string_view name) {
    asked_.insert(std::string(name));
    return object_->if_contains(name);
  }
  const json::value& at(std::string_view name) {
    const json::value* value = find(name);
    if (value == nullptr) throw Unfit(fmt::format("'{}' is missing", name));
    return *value;
  }
  std::string text(std::string_view name) { return text_of(at(name), name); }
  std::string text_or_none(std::string_view name) {
    const json::value* value = find(name);
    return value == nullptr ? std::string() : text_of(*value, name);
  }
  // Up to the greatest of its type.
  template <class Number = std::uint64_t>
  Number number(std::string_view name) {
    constexpr auto most = static_cast<std::uint64_t>(std::numeric_limits<Number>::max());
    boost::system::error_code impossible;
    const auto number = at(name).to_number<std::uint64_t>(impossible);
    if (impossible || number > most)
      throw Unfit(fmt::format("'{}' has to be a number from 0 to {}", name, most));
    return static_cast<Number>(number);
  }
  Bytes hex_or_none(std::string_view name) {
    auto bytes = from_hex(text_or_none(name));
    if (!bytes) throw Unfit(fmt::format("'{}' has to be hexadecimal", name));
    return std::move(*bytes);
  }
  std::optional<Time> time_or_none(std::string_view name) {
    const json::value* value = find(name);
    if (value == nullptr) return std::nullopt;
    const auto time = cloud::parse_time(text_of(*value, name));
    if (!time) throw Unfit(fmt::format("'{}' has to be a time, such as 2026-11-25T07:00:00Z", name));
    return time;
  }
  std::vector<std::string> texts(std::string_view name) {
    std::vector<std::string> texts;
    for (const json::value& value : array(name)) texts.push_back(text_of(value, name));
    return texts;
  }
  const json::array& array(std::string_view name) {
    const json::value& value = at(name);
    if (!value.is_array()) throw Unfit(fmt::format("'{}' has to be an array", name));
    return value.get_array();
  }
  // Throws if there is a property that nobody asked for: it may be a mistake in its name.
  void finish() const {
    for (const auto& property : *object_) {
      const std::string name(property.key());
      if (!asked_.contains(name)) throw Unfit(fmt::format("'{}' is no property of it", name));
    }
  }

 private:
  static std::string text_of(const json::value& value, std::string_view name) {
    if (!value.is_string()) throw Unfit(fmt::format("'{}' has to be a text", name));
    return std::string(value.get_string());
  }

  const json::object* object_ = nullptr;
  std::set<std::string> asked_;
};

resource::Content content_of(const json::value& value) {
  resource::Content content;
  if (value.is_null()) return content;
  if (value.is_object() && value.get_object().contains("hex")) {
    Properties properties(value, "content");
    content.bytes = share(properties.hex_or_none("hex"));
    if (properties.find("format") != nullptr) content.format = properties.number<std::uint16_t>("format");
    properties.finish();
    return content;
  }
  auto cbor = cbor::from_json(json::serialize(value));
  if (!cbor) throw Unfit("'content' cannot be a resource's content: " + cbor.error().message());
  content.format = ocf_cbor;
  content.bytes = share(std::move(*cbor));
  return content;
}

Link link_of(const json::value& value) {
  Properties properties(value, "a link");
  Link link;
  link.href = Href(properties.text("href"));
  link.resource_types = properties.texts("rt");
  link.interfaces = properties.texts("if");
  Properties policy(properties.at("p"), "'p'");
  link.policy = policy.number<std::uint8_t>("bm");
  policy.finish();
  link.instance = properties.number<std::int64_t>("ins");
  link.title = properties.text_or_none("title");
  properties.finish();
  return link;
}

device::Disconnection cause_of(const std::string& text) {
  using device::Disconnection;
  static const std::map<std::string, Disconnection> causes{
      {"closed", Disconnection::closed},
      {"signed_out", Disconnection::signed_out},
      {"unresponsive", Disconnection::unresponsive},
      {"protocol_error", Disconnection::protocol_error},
      {"token_expired", Disconnection::token_expired},
      {"superseded", Disconnection::superseded},
      {"hub_stopped", Disconnection::hub_stopped},
      {"deregistered", Disconnection::deregistered},
      {"certificate_revoked", Disconnection::certificate_revoked}};
  const auto found = causes.find(text);
  if (found == causes.end()) throw Unfit(fmt::format("'{}' is no cause of a disconnection", text));
  return found->second;
}

// The types that change what the read models show but for pending commands.
Bytes encoded(const std::string& type, Properties& data, es::Spoken& spoken) {
  if (type == "DeviceClaimed") {
    account::DeviceClaimed event;
    event.owner = account::Owner(data.text("owner"));
    event.registration = data.number("registration");
    return account::Holder::encode(event).data;
  }
  if (type == "DeviceReleased") {
    account::DeviceReleased event;
    event.registration = data.number("registration");
    return account::Holder::encode(event).data;
  }
  if (type == "DeviceRegistered") {
    device::DeviceRegistered event;
    event.owner = account::Owner(data.text("owner"));
    return device::Device::encode(event).data;
  }
  if (type == "DeviceConnected") {
    device::DeviceConnected event;
    event.gateway = data.text("gateway");
    event.peer = data.text("peer");
    event.transport = data.text("transport");
    return device::Device::encode(event).data;
  }
  if (type == "DeviceSynchronized") {
    device::DeviceSynchronized event;
    event.etag = data.hex_or_none("etag");
    event.epoch = data.number("epoch");
    return device::Device::encode(event).data;
  }
  if (type == "DeviceDisconnected") {
    device::DeviceDisconnected event;
    event.epoch = data.number("epoch");
    event.reason = cause_of(data.text("cause"));
    return device::Device::encode(event).data;
  }
  if (type == "DeviceDeregistered") return device::Device::encode(device::DeviceDeregistered()).data;
  if (type == "LinksPublished") {
    links::LinksPublished event;
    event.name = data.text_or_none("name");
    for (const json::value& link : data.array("links")) event.links.push_back(link_of(link));
    event.ends = data.time_or_none("validUntil");
    return links::Links::encode(event).data;
  }
  if (type == "LinksUnpublished") {
    links::LinksUnpublished event;
    for (std::string& href : data.texts("hrefs")) event.hrefs.emplace_back(std::move(href));
    return links::Links::encode(event).data;
  }
  if (type == "ResourceRepresentationUpdated") {
    resource::ResourceRepresentationUpdated event;
    event.etag = data.hex_or_none("etag");
    event.content = content_of(data.at("content"));
    if (data.find("epoch") != nullptr) spoken.epoch = data.number("epoch");
    if (data.find("sequence") != nullptr) spoken.sequence = data.number("sequence");
    return resource::Resource::encode(event).data;
  }
  throw Unfit(fmt::format("the data of a {} can be given as {{\"hex\"}} only", type));
}

}  // namespace

Amendments Amendments::read(std::istream& file, std::string name) {
  Amendments amendments;
  amendments.name_ = std::move(name);
  std::string text;
  for (std::size_t line = 1; std::getline(file, text); ++line) {
    if (line > lines_max) amendments.unfit(line, fmt::format("at most {} lines are read", lines_max));
    if (text.size() > line_bytes_max)
      amendments.unfit(line, fmt::format("a line has at most {} bytes", line_bytes_max));
    if (text.find_first_not_of(" \t\r") != std::string::npos) amendments.add(line, text);
  }
  return amendments;
}

void Amendments::add(std::size_t line, const std::string& text) {
  boost::system::error_code malformed;
  const json::value value = json::parse(text, malformed);
  if (malformed) unfit(line, "it is not JSON");
  try {
    Properties event(value, "an event");
    const auto id = es::StreamId::parse(event.text("stream"));
    if (!id) throw Unfit("'stream' is not the name of a stream");
    if (!is_of_device(*id)) throw Unfit("'stream' is not of a device");
    Amendment amendment{line, event.text("type"), event.time_or_none("time"), event.at("data")};
    Stream& stream = streams_[*id];
    if (event.find("version") != nullptr) {
      const es::Version version = event.number("version");
      const auto [other, is_new] = stream.by_version.emplace(version, std::move(amendment));
      if (!is_new) throw Unfit(fmt::format("line {} amends the same event", other->second.line));
      return;
    }
    if (!amendment.time) throw Unfit("an event without 'version' needs a 'time'");
    if (id->name() == device::stream_name || id->name() == account::stream_name)
      throw Unfit("an event of this stream needs a 'version': they count its sessions");
    stream.late.emplace(*amendment.time, std::move(amendment));
  } catch (const Unfit& e) {
    unfit(line, e.what());
  }
}

es::RecordedEvent Amendments::made(const Amendment& amendment, es::RecordedEvent like,
                                   const std::optional<cloud::Point>& until) const {
  like.event.type = amendment.type;
  if (amendment.time) like.event.time = *amendment.time;
  try {
    Properties data(amendment.data, "'data'");
    if (data.find("hex") != nullptr)
      like.event.data = data.hex_or_none("hex");
    else
      like.event.data = encoded(amendment.type, data, like.event.spoken);
    data.finish();
  } catch (const Unfit& e) {
    unfit(amendment.line, e.what());
  }
  if (readable(like) != Readable::yes)
    unfit(amendment.line, fmt::format("its data is not that of a {} of this stream", amendment.type));
  if (until && !until->includes(like)) unfit(amendment.line, "it is later than --until");
  return like;
}

std::vector<es::RecordedEvent> Amendments::in_place_of(const es::RecordedEvent& recorded,
                                                       const std::optional<cloud::Point>& until) {
  std::vector<es::RecordedEvent> events;
  const auto found = streams_.find(recorded.stream);
  if (found == streams_.end()) {
    events.push_back(recorded);
    return events;
  }
  Stream& stream = found->second;
  while (!stream.late.empty() && stream.late.begin()->first < recorded.event.time) {
    const Amendment& late = stream.late.begin()->second;
    if (!stream.last) {
      unfit(late.line, fmt::format("its stream begins later, at {}, as far as it is kept",
                                   to_rfc3339(recorded.event.time)));
    }
    events.push_back(made(late, *stream.last, until));
    stream.late.erase(stream.late.begin());
  }
  const auto amended = stream.by_version.find(recorded.version);
  if (amended == stream.by_version.end()) {
    events.push_back(recorded);
  } else {
    events.push_back(made(amended->second, recorded, until));
    stream.by_version.erase(amended);
  }
  stream.last = recorded;
  return events;
}

std::vector<es::RecordedEvent> Amendments::rest(const std::optional<cloud::Point>& until) {
  std::vector<es::RecordedEvent> events;
  for (auto& [id, stream] : streams_) {
    const auto line = [&stream = stream] {
      return stream.by_version.empty() ? stream.late.begin()->second.line
                                       : stream.by_version.begin()->second.line;
    };
    const bool is_done = stream.by_version.empty() && stream.late.empty();
    if (is_done) continue;
    if (!stream.last) unfit(line(), fmt::format("the log has no stream {}", id.text()));
    const auto add = [&](const Amendment& amendment, es::RecordedEvent like) {
      events.push_back(made(amendment, std::move(like), until));
    };
    for (const auto& [time, late] : stream.late) add(late, *stream.last);
    for (const auto& [version, amendment] : stream.by_version) {
      if (version != stream.last->version + 1) {
        unfit(amendment.line,
              fmt::format("the log has no version {} of its stream, which ends with version {}", version,
                          stream.last->version));
      }
      ++stream.last->version;
      add(amendment, *stream.last);
    }
  }
  return events;
}

void Amendments::unfit(std::size_t line, const std::string& why) const {
  throw CommandFailure(Exit::usage, fmt::format("{}:{}: {}.", name_, line, why));
}

}  // namespace ocf::server
