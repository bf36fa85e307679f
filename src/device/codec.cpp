#include "device/device.hpp"
#include "es/fields.hpp"

namespace ocf::device {
namespace {

using cbor::Reader;
using es::FieldWriter;
using es::read_event;

// Stored: never rename.
constexpr std::string_view registered_name = "DeviceRegistered";
constexpr std::string_view connected_name = "DeviceConnected";
constexpr std::string_view synchronized_name = "DeviceSynchronized";
constexpr std::string_view disconnected_name = "DeviceDisconnected";
constexpr std::string_view deregistered_name = "DeviceDeregistered";

std::string_view write(FieldWriter& fields, const DeviceRegistered& event) {
  fields.text(1, event.owner.text());
  return registered_name;
}

std::string_view write(FieldWriter& fields, const DeviceConnected& event) {
  fields.text(1, event.gateway);
  fields.text(2, event.peer);
  fields.text(3, event.transport);
  return connected_name;
}

std::string_view write(FieldWriter& fields, const DeviceSynchronized& event) {
  fields.field(1).uint(event.epoch);
  fields.bytes(2, event.etag);
  return synchronized_name;
}

std::string_view write(FieldWriter& fields, const DeviceDisconnected& event) {
  fields.field(1).uint(event.epoch);
  fields.field(2).uint(static_cast<std::uint64_t>(event.reason));
  return disconnected_name;
}

std::string_view write(FieldWriter&, const DeviceDeregistered&) { return deregistered_name; }

Result<void> read(ByteView data, DeviceRegistered& event) {
  return read_event(data, [&](Reader& reader, std::uint64_t key) {
    if (key != 1) return false;
    event.owner = account::Owner(reader.text());
    return true;
  });
}

Result<void> read(ByteView data, DeviceConnected& event) {
  return read_event(data, [&](Reader& reader, std::uint64_t key) {
    switch (key) {
      case 1: event.gateway = reader.text(); return true;
      case 2: event.peer = reader.text(); return true;
      case 3: event.transport = reader.text(); return true;
      default: return false;
    }
  });
}

Result<void> read(ByteView data, DeviceSynchronized& event) {
  return read_event(data, [&](Reader& reader, std::uint64_t key) {
    switch (key) {
      case 1: event.epoch = reader.uint(); return true;
      case 2: event.etag = reader.bytes(); return true;
      default: return false;
    }
  });
}

Result<void> read(ByteView data, DeviceDisconnected& event) {
  return read_event(data, [&](Reader& reader, std::uint64_t key) {
    switch (key) {
      case 1: event.epoch = reader.uint(); return true;
      case 2: event.reason = es::read_enum<Disconnection>(reader); return true;
      default: return false;
    }
  });
}

Result<void> read(ByteView data, DeviceDeregistered&) {
  return read_event(data, [](Reader&, std::uint64_t) { return false; });
}

template <class E>
Result<std::optional<Device::Event>> decode_as(E event, ByteView data) {
  const auto done = read(data, event);
  if (!done) return done.error();
  return std::optional<Device::Event>(std::move(event));
}

}  // namespace

es::EncodedEvent Device::encode(const Event& event) {
  Bytes data;
  FieldWriter fields(data);
  const auto name = std::visit([&](const auto& e) { return write(fields, e); }, event);
  return {std::string(name), std::move(data)};
}

Result<std::optional<Device::Event>> Device::decode(const es::RecordedEvent& recorded) {
  const std::string& type = recorded.event.type;
  const ByteView data = recorded.event.data;
  if (type == registered_name) return decode_as(DeviceRegistered(), data);
  if (type == connected_name) return decode_as(DeviceConnected(), data);
  if (type == synchronized_name) return decode_as(DeviceSynchronized(), data);
  if (type == disconnected_name) return decode_as(DeviceDisconnected(), data);
  if (type == deregistered_name) return decode_as(DeviceDeregistered(), data);
  // In place: g++ 12 takes a moved empty optional for one that has been read uninitialised.
  return Result<std::optional<Event>>(boost::system::in_place_value);
}

}  // namespace ocf::device
