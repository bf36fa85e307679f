// Any bytes as the data of a stored event, of every type there is: what is read is written in one form and
// read as the same, and any history folds into a state. The input is events: a byte for the type, two for the
// length of its data (the last one takes what is left), and the data.
#include "account/holder.hpp"
#include "auth_builtin/code.hpp"
#include "auth_builtin/device_tokens.hpp"
#include "base/assert.hpp"
#include "device/device.hpp"
#include "es/error.hpp"
#include "links/links.hpp"
#include "resource/resource.hpp"

#include <array>
#include <tuple>

namespace ocf {
namespace {

// In the order of tests/corpora.py.
constexpr std::array types = {
    "DeviceClaimed",
    "DeviceReleased",
    "DeviceRegistered",
    "DeviceConnected",
    "DeviceDisconnected",
    "DeviceDeregistered",
    "LinksPublished",
    "LinksUnpublished",
    "ResourceCreatePending",
    "ResourceRetrievePending",
    "ResourceUpdatePending",
    "ResourceDeletePending",
    "ResourceCreated",
    "ResourceRetrieved",
    "ResourceUpdated",
    "ResourceDeleted",
    "CommandCanceled",
    "CommandExpired",
    "CommandOutcomeUnknown",
    "CommandDispatched",
    "ResourceRepresentationUpdated",
    "NotificationRejected",
    "CodeIssued",
    "CodeExchanged",
    "TokenFamilyStarted",
    "TokenPairIssued",
    "TokenGenerationUsed",
    "TokenFamilyRevoked",
    "SomethingNewer",
};

es::RecordedEvent recorded(std::string type, ByteView data) {
  es::NewEvent event;
  event.type = std::move(type);
  event.data = copy_of(data);
  event.spoken = {7, 300};
  return {{0, 1}, es::StreamId(es::Tenant("t"), "d", 1, "s"), 1, std::move(event)};
}

// One aggregate's state, and whether it knows the events.
template <es::Decider Aggregate>
class History {
 public:
  // Whether the event is one of the aggregate's.
  bool take(const es::RecordedEvent& record) {
    const auto event = Aggregate::decode(record);
    if (!event) {
      OCF_ASSERT(event.error() == es::StoreError::malformed_event, "what cannot be read is malformed");
      return true;
    }
    if (!*event) return false;
    check(record, **event);
    state_ = Aggregate::evolve(std::move(state_), **event);
    return true;
  }

 private:
  static void check(const es::RecordedEvent& record, const typename Aggregate::Event& event) {
    const es::EncodedEvent written = Aggregate::encode(event);
    OCF_ASSERT(written.type == record.event.type, "an event has one name");
    const auto again = Aggregate::decode(recorded(written.type, written.data));
    OCF_ASSERT(again && *again == event, "an event is read as it was written");
    OCF_ASSERT(Aggregate::encode(**again).data == written.data, "an event has one form");
  }

  typename Aggregate::State state_;
};

using Histories =
    std::tuple<History<account::Holder>, History<device::Device>, History<links::Links>,
               History<resource::Resource>, History<auth_builtin::Code>, History<auth_builtin::DeviceTokens>>;

void take(Histories& histories, std::size_t type, ByteView data) {
  const auto record = recorded(types[type], data);
  const std::size_t takers = std::apply(
      [&](auto&... history) { return (std::size_t{0} + ... + (history.take(record) ? 1u : 0u)); }, histories);
  OCF_ASSERT(takers == (type + 1 < types.size() ? 1u : 0u), "an event is of one aggregate");
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  ByteView input(data, size);
  Histories histories;
  while (input.size() > 3) {
    const std::size_t type = input[0] % types.size();
    const std::size_t length = std::min<std::size_t>(input[1] * 256u + input[2], input.size() - 3);
    take(histories, type, input.subspan(3, length));
    input = input.subspan(3 + length);
  }
  return 0;
}

}  // namespace ocf
