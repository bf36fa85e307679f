#include "http/event_json.hpp"

#include "account/holder.hpp"
#include "base/overload.hpp"
#include "device/device.hpp"
#include "http/content.hpp"
#include "http/http_status.hpp"
#include "http/link_json.hpp"
#include "links/links.hpp"
#include "resource/resource.hpp"

#include <optional>
#include <variant>

namespace ocf::http {
namespace {

std::string_view name_of(device::Disconnection reason) {
  switch (reason) {
    case device::Disconnection::closed: return "closed";
    case device::Disconnection::signed_out: return "signed_out";
    case device::Disconnection::unresponsive: return "unresponsive";
    case device::Disconnection::protocol_error: return "protocol_error";
    case device::Disconnection::token_expired: return "token_expired";
    case device::Disconnection::superseded: return "superseded";
    case device::Disconnection::hub_stopped: return "hub_stopped";
    case device::Disconnection::deregistered: return "deregistered";
    case device::Disconnection::certificate_revoked: return "certificate_revoked";
  }
  return "unknown";
}

std::string_view name_of(resource::Ending ending) {
  switch (ending) {
    case resource::Ending::canceled: return "canceled";
    case resource::Ending::expired: return "expired";
    case resource::Ending::outcome_unknown: return "outcome_unknown";
  }
  return "unknown";
}

void write_etag(JsonWriter& json, const Bytes& etag) {
  if (!etag.empty()) json.key("etag").text(to_hex(etag));
}

// The properties of one event's `data`. The event's type is in the envelope.
struct DataWriter {
  JsonWriter& json;

  // Aggregate `holder`. The grant names a one-time code's exchange: not shown.
  void operator()(const account::DeviceClaimed& event) const {
    json.key("owner").text(event.owner.text()).key("registration").number(event.registration);
  }
  void operator()(const account::DeviceReleased& event) const {
    json.key("registration").number(event.registration);
  }

  // Aggregate `device`.
  void operator()(const device::DeviceRegistered& event) const { json.key("owner").text(event.owner.text()); }
  void operator()(const device::DeviceConnected& event) const {
    json.key("gateway")
        .text(event.gateway)
        .key("peer")
        .text(event.peer)
        .key("transport")
        .text(event.transport);
  }
  void operator()(const device::DeviceSynchronized& event) const {
    write_etag(json, event.etag);
    json.key("epoch").number(event.epoch);
  }
  void operator()(const device::DeviceDisconnected& event) const {
    json.key("epoch").number(event.epoch).key("cause").text(name_of(event.reason));
  }
  void operator()(const device::DeviceDeregistered&) const {}

  // Aggregate `links`.
  void operator()(const links::LinksPublished& event) const {
    if (!event.name.empty()) json.key("name").text(event.name);
    json.key("links").begin_array();
    for (const Link& link : event.links) write_link(json, link);
    json.end_array();
    if (event.ends) json.key("validUntil").text(to_rfc3339(*event.ends));
  }
  void operator()(const links::LinksUnpublished& event) const {
    json.key("hrefs").begin_array();
    for (const Href& href : event.hrefs) json.text(href.text());
    json.end_array();
  }

  // Aggregate `resource`. The correlation id is in the envelope.
  void operator()(const resource::CommandPending& event) const {
    if (!event.query.empty()) json.key("query").text(event.query);
    write_content(json.key("content"), event.content);
    json.key("validUntil").text(to_rfc3339(event.valid_until));
  }
  void operator()(const resource::CommandDispatched& event) const { json.key("epoch").number(event.epoch); }
  void operator()(const resource::CommandAnswered& event) const {
    json.key("status").text(http::name_of(event.status));
    write_content(json.key("content"), event.content);
  }
  void operator()(const resource::CommandEnded& event) const {
    json.key("ending").text(name_of(event.ending));
  }
  void operator()(const resource::ResourceRepresentationUpdated& event) const {
    write_etag(json, event.etag);
    json.key("epoch").number(event.epoch).key("sequence").number(event.sequence);
    write_content(json.key("content"), event.content);
  }
  void operator()(const resource::NotificationRejected& event) const {
    json.key("problem").text(event.reason).key("bytes").number(event.bytes);
  }
  // Without content: the device had not said any.
  void operator()(const resource::BaselineTaken& event) const {
    if (!event.representation) return;
    json.key("said").text(to_rfc3339(event.time));
    if (event.unpublished) json.key("unpublished").boolean(true);
    (*this)(*event.representation);
  }
};

// False: not an event of this aggregate that can be read.
template <class Aggregate>
bool write_data(JsonWriter& json, const es::RecordedEvent& recorded) {
  const auto event = Aggregate::decode(recorded);
  if (!event || !*event) return false;
  json.begin_object();
  std::visit(DataWriter{json}, **event);
  json.end_object();
  return true;
}

bool write_data(JsonWriter& json, const es::RecordedEvent& recorded) {
  const std::string_view stream = recorded.stream.name();
  if (stream == device::stream_name) return write_data<device::Device>(json, recorded);
  if (stream == links::stream_name) return write_data<links::Links>(json, recorded);
  if (stream == account::stream_name) return write_data<account::Holder>(json, recorded);
  return resource::href_of(recorded.stream) && write_data<resource::Resource>(json, recorded);
}

void write_properties(JsonWriter& json, const es::RecordedEvent& recorded) {
  const es::NewEvent& event = recorded.event;
  json.key("position").begin_object();
  json.key("partition").number(recorded.position.partition).key("offset").number(recorded.position.offset);
  json.end_object();
  json.key("version").number(recorded.version);
  json.key("time").text(to_rfc3339(event.time));
  json.key("type").text(event.type);
  json.key("device").text(recorded.stream.entity());
  if (const auto href = resource::href_of(recorded.stream)) json.key("href").text(href->text());
  json.key("principal").text(event.audit.principal);
  if (!event.audit.correlation.empty()) json.key("correlationId").text(event.audit.correlation.text());
  if (!event.audit.traceparent.empty()) json.key("traceparent").text(event.audit.traceparent);
  json.key("data");
  if (!write_data(json, recorded)) json.begin_object().key("hex").text(to_hex(event.data)).end_object();
}

}  // namespace

void write_event(JsonWriter& json, const es::RecordedEvent& recorded) {
  json.begin_object();
  write_properties(json, recorded);
  json.end_object();
}

void write_whole_event(JsonWriter& json, const es::RecordedEvent& recorded) {
  const es::NewEvent& event = recorded.event;
  json.begin_object();
  json.key("stream").text(recorded.stream.text());
  write_properties(json, recorded);
  json.key("id").text(event.id.text());
  if (!event.audit.owner.empty()) json.key("owner").text(event.audit.owner);
  if (!event.audit.causation.empty()) json.key("causation").text(event.audit.causation);
  if (event.spoken.epoch != 0) {
    json.key("spoken").begin_object().key("epoch").number(event.spoken.epoch);
    json.key("sequence").number(event.spoken.sequence).end_object();
  }
  json.end_object();
}

}  // namespace ocf::http
