#include "shadow/shadow.hpp"

#include "account/holder.hpp"
#include "base/overload.hpp"
#include "links/links.hpp"

#include <tuple>

namespace ocf::shadow {
namespace {

constexpr std::uint16_t ocf_cbor = 10000;

// {"online": true} and {"online": false}, one buffer each for all devices.
SharedBytes status_content(bool online) {
  static const SharedBytes on = share({0xa1, 0x66, 'o', 'n', 'l', 'i', 'n', 'e', 0xf5});
  static const SharedBytes off = share({0xa1, 0x66, 'o', 'n', 'l', 'i', 'n', 'e', 0xf4});
  return online ? on : off;
}

Representation representation(resource::Content content, const es::RecordedEvent& recorded) {
  Representation made;
  made.content = std::move(content);
  made.version = recorded.version;
  made.time = recorded.event.time;
  made.position = recorded.position;
  return made;
}

Representation status(bool online, const es::RecordedEvent& recorded) {
  return representation({ocf_cbor, status_content(online)}, recorded);
}

}  // namespace

void Shadow::apply(const es::RecordedEvent& recorded) {
  const auto key = device::key_of(recorded.stream);
  if (!key) return;
  const std::string_view name = recorded.stream.name();
  if (name == account::stream_name)
    apply_holder(*key, recorded);
  else if (name == device::stream_name)
    apply_device(*key, recorded);
  else if (name == links::stream_name)
    apply_links(*key, recorded);
  else if (const auto href = resource::href_of(recorded.stream))
    apply_resource(*key, *href, recorded);
}

void Shadow::apply_holder(const device::DeviceKey& key, const es::RecordedEvent& recorded) {
  const auto event = account::Holder::decode(recorded);
  if (!event || !*event) return;
  // A new registration ends the one before, whether or not that one was deregistered.
  if (const auto* claimed = std::get_if<account::DeviceClaimed>(&**event)) {
    devices_.erase({key.tenant, key.device, claimed->registration - 1});
  }
}

void Shadow::apply_device(const device::DeviceKey& key, const es::RecordedEvent& recorded) {
  const auto event = device::Device::decode(recorded);
  if (!event || !*event) return;
  const Href href{std::string(status_href)};
  std::visit(overload{[&](const device::DeviceRegistered&) {
                        devices_[key].insert_or_assign(href, status(false, recorded));
                      },
                      [&](const device::DeviceDeregistered&) { devices_.erase(key); },
                      [&](const device::DeviceConnected&) {
                        const auto device = devices_.find(key);
                        if (device == devices_.end()) return;
                        Representation now = status(true, recorded);
                        now.epoch = recorded.version;
                        device->second.insert_or_assign(href, std::move(now));
                      },
                      [](const device::DeviceSynchronized&) {},
                      [&](const device::DeviceDisconnected& e) {
                        const auto device = devices_.find(key);
                        if (device == devices_.end() || device->second[href].epoch != e.epoch) return;
                        Representation now = status(false, recorded);
                        now.epoch = e.epoch;
                        device->second.insert_or_assign(href, std::move(now));
                      }},
             **event);
}

void Shadow::apply_links(const device::DeviceKey& key, const es::RecordedEvent& recorded) {
  const auto device = devices_.find(key);
  if (device == devices_.end()) return;
  const auto event = links::Links::decode(recorded);
  if (!event || !*event) return;
  if (const auto* unpublished = std::get_if<links::LinksUnpublished>(&**event)) {
    for (const Href& href : unpublished->hrefs) device->second.erase(href);
  }
}

void Shadow::apply_resource(const device::DeviceKey& key, const Href& href,
                            const es::RecordedEvent& recorded) {
  const auto device = devices_.find(key);
  if (device == devices_.end() || href.text() == status_href) return;
  auto event = resource::Resource::decode(recorded);
  if (!event || !*event) return;
  auto* updated = std::get_if<resource::ResourceRepresentationUpdated>(&**event);
  auto* baseline = std::get_if<resource::BaselineTaken>(&**event);
  if (baseline != nullptr && baseline->representation && !baseline->unpublished)
    updated = &*baseline->representation;
  if (updated == nullptr) return;
  const auto known = device->second.find(href);
  if (known != device->second.end() &&
      std::tie(updated->epoch, updated->sequence) < std::tie(known->second.epoch, known->second.sequence)) {
    return;
  }
  Representation now = representation(std::move(updated->content), recorded);
  now.etag = std::move(updated->etag);
  now.epoch = updated->epoch;
  now.sequence = updated->sequence;
  if (baseline != nullptr) {
    now.version = baseline->version;
    now.time = baseline->time;
  }
  device->second.insert_or_assign(href, std::move(now));
}

const Representation* Shadow::get(const device::DeviceKey& key, const Href& href) const {
  const auto& representations = of_device(key);
  const auto found = representations.find(href);
  return found == representations.end() ? nullptr : &found->second;
}

const std::map<Href, Representation>& Shadow::of_device(const device::DeviceKey& key) const {
  static const std::map<Href, Representation> none;
  const auto device = devices_.find(key);
  return device == devices_.end() ? none : device->second;
}

}  // namespace ocf::shadow
