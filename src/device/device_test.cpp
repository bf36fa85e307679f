#include "device/device.hpp"

#include "es/error.hpp"
#include "tests/given.hpp"

#include <gtest/gtest.h>

namespace ocf::device {
namespace {

using account::Access;
using account::Owner;
using account::Principal;
using account::Right;
using account::Rights;
using account::Subject;
using account::Tenant;
using testing::given;
using testing::then;

const DeviceKey key(Tenant("default"), DeviceId::parse("00000000-0000-0000-0000-00000000000a").value(), 3);
const Owner alice("alice");
const Subject subject{key.tenant, key.device, alice};
const es::StreamId stream = key.stream(stream_name);

Access gateway(const Tenant& tenant = key.tenant) {
  Access access;
  access.principal = Principal::gateway(tenant);
  return access;
}
Access user(Rights rights) {
  Access access;
  access.principal = Principal::user(key.tenant, alice);
  access.on_owned = rights;
  return access;
}
const Access reader = user(Right::read | Right::control);

ConnectDevice connect(const Access& access = gateway()) {
  return {access, subject, "gw", "192.0.2.7:40112", "tcp"};
}
DisconnectDevice disconnect(Epoch epoch, const Access& access = gateway()) {
  return {access, subject, epoch, Disconnection::closed, std::nullopt};
}
SynchronizeDevice synchronize(Epoch epoch, Bytes etag = {}, const Access& access = gateway()) {
  return {access, subject, epoch, std::move(etag)};
}

const Device::Event registered = DeviceRegistered{alice};
const Device::Event connected = DeviceConnected{"gw", "192.0.2.7:40112", "tcp"};
Device::Event disconnected(Epoch epoch, Disconnection reason = Disconnection::closed) {
  return DeviceDisconnected{epoch, reason};
}
Device::Event synchronized(Epoch epoch, Bytes etag = {}) {
  return DeviceSynchronized{epoch, std::move(etag)};
}
const Device::Event deregistered = DeviceDeregistered{};

TEST(Device, IsRegisteredOnce) {
  EXPECT_EQ(given<Device>({}).when(RegisterDevice{alice}), then<Device>({registered}));
  EXPECT_EQ(given<Device>({registered}).when(RegisterDevice{alice}), then<Device>({}));
  EXPECT_EQ(given<Device>({registered, deregistered}).when(RegisterDevice{alice}).error(),
            DeviceError::not_registered);
}

TEST(Device, ConnectsWhileItIsRegistered) {
  EXPECT_EQ(given<Device>({registered}).when(connect()), then<Device>({connected}));
  EXPECT_EQ(given<Device>({}).when(connect()).error(), DeviceError::not_registered);
  EXPECT_EQ(given<Device>({registered, deregistered}).when(connect()).error(), DeviceError::not_registered);
}

TEST(Device, ConnectsAgainBecauseTheNewestSessionWins) {
  const auto device = given<Device>({registered, connected, connected});
  EXPECT_TRUE(device.state.online);
  EXPECT_EQ(device.state.epoch, 3u);
  EXPECT_EQ(device.when(disconnect(2)), then<Device>({}));
  EXPECT_EQ(device.when(disconnect(3)), then<Device>({disconnected(3)}));
}

TEST(Device, HasTheVersionOfItsConnectionAsEpoch) {
  EXPECT_EQ(given<Device>({registered, connected}).state.epoch, 2u);
  EXPECT_EQ(given<Device>({registered, connected, disconnected(2), connected}).state.epoch, 4u);
}

TEST(Device, DisconnectsOnce) {
  const auto device = given<Device>({registered, connected, disconnected(2)});
  EXPECT_FALSE(device.state.online);
  EXPECT_EQ(device.when(disconnect(2)), then<Device>({}));
}

TEST(Device, IsSynchronizedOncePerSessionAndETag) {
  const auto device = given<Device>({registered, connected});
  EXPECT_EQ(device.when(synchronize(2)), then<Device>({synchronized(2)}));
  EXPECT_EQ(device.when(synchronize(1)), then<Device>({})) << "of an older session";
  const auto known = given<Device>({registered, connected, synchronized(2, {1})});
  EXPECT_EQ(known.when(synchronize(2, {1})), then<Device>({}));
  EXPECT_EQ(known.when(synchronize(2, {2})), then<Device>({synchronized(2, {2})}));
  EXPECT_EQ(
      given<Device>({registered, connected, synchronized(2, {1}), disconnected(2)}).when(synchronize(2, {2})),
      then<Device>({}));
}

TEST(Device, TellsTheETagOfTheEndOfASession) {
  const auto device = given<Device>({registered, connected, synchronized(2, {1})});
  DisconnectDevice command = disconnect(2);
  command.etag = Bytes{2};
  EXPECT_EQ(device.when(command), then<Device>({synchronized(2, {2}), disconnected(2)}));
  command.etag = Bytes{1};
  EXPECT_EQ(device.when(command), then<Device>({disconnected(2)}));
  EXPECT_EQ(
      given<Device>({registered, connected, synchronized(2, {1}), disconnected(2), connected}).state.etag,
      Bytes{1})
      << "the next session begins with it";
}

TEST(Device, IsDisconnectedBeforeItIsDeregistered) {
  const DeregisterDevice command{user(static_cast<Rights>(Right::manage)), subject};
  EXPECT_EQ(given<Device>({registered}).when(command), then<Device>({deregistered}));
  EXPECT_EQ(given<Device>({registered, connected}).when(command),
            then<Device>({disconnected(2, Disconnection::deregistered), deregistered}));
  EXPECT_EQ(given<Device>({registered, deregistered}).when(command), then<Device>({}));
  EXPECT_EQ(given<Device>({}).when(command), then<Device>({}));
}

TEST(Device, MayDeregisterItself) {
  Access self;
  self.principal = Principal::of_device(key.tenant, alice, key.device);
  self.grants.push_back({key.device, static_cast<Rights>(Right::host)});
  EXPECT_EQ(given<Device>({registered}).when(DeregisterDevice{self, subject}), then<Device>({deregistered}));
}

TEST(Device, DeniesWhoMayNotBeforeItSaysAnythingElse) {
  for (const auto& history : {std::vector<Device::Event>{}, {registered}, {registered, connected}}) {
    const auto device = given<Device>(history);
    for (const Access& access : {reader, gateway(Tenant("other"))}) {
      EXPECT_EQ(device.when(connect(access)).error(), DeviceError::permission_denied);
      EXPECT_EQ(device.when(disconnect(2, access)).error(), DeviceError::permission_denied);
      EXPECT_EQ(device.when(synchronize(2, {}, access)).error(), DeviceError::permission_denied);
      EXPECT_EQ(device.when(DeregisterDevice{access, subject}).error(), DeviceError::permission_denied);
    }
  }
}

TEST(DeviceCodec, WritesTheseBytesForEver) {
  const std::tuple<Device::Event, const char*, const char*> golden[] = {
      {registered, "DeviceRegistered", "a10165616c696365"},
      {connected, "DeviceConnected",
       "a30162677702"
       "6f3139322e302e322e373a3430313132"
       "0363746370"},
      {synchronized(2), "DeviceSynchronized", "a10102"},
      {synchronized(2, {1, 2}), "DeviceSynchronized", "a2010202420102"},
      {disconnected(2, Disconnection::superseded), "DeviceDisconnected", "a201020206"},
      {deregistered, "DeviceDeregistered", "a0"},
  };
  for (const auto& [event, type, data] : golden) {
    const auto encoded = Device::encode(event);
    EXPECT_EQ(encoded.type, type);
    EXPECT_EQ(to_hex(encoded.data), data) << type;
    EXPECT_EQ(testing::stored_and_read<Device>(event, stream), event) << type;
  }
}

TEST(DeviceCodec, SkipsWhatANewerReleaseAdded) {
  auto recorded = testing::recorded<Device>(registered, stream);
  recorded.event.type = "DeviceRenamed";
  EXPECT_FALSE(Device::decode(recorded).value());
  recorded.event.type = "DeviceDeregistered";
  recorded.event.data = from_hex("a101a0").value();
  EXPECT_EQ(Device::decode(recorded).value(), deregistered);
  recorded.event.type = "DeviceDisconnected";
  recorded.event.data = from_hex("a201020218c8").value();  // a reason that a newer release added
  EXPECT_EQ(Device::decode(recorded).value(), disconnected(2, static_cast<Disconnection>(200)));
}

TEST(DeviceCodec, RefusesBytesThatAreNoEvent) {
  auto recorded = testing::recorded<Device>(disconnected(2), stream);
  for (const char* data : {"", "a0ff", "a1016161", "a2010202190100"}) {
    recorded.event.data = from_hex(data).value();
    EXPECT_EQ(Device::decode(recorded).error(), es::StoreError::malformed_event) << data;
  }
}

TEST(Device, FoldsAlikeFromAnyPrefix) {
  const auto command = [](const Device::State& state, std::mt19937& random) -> Device::Command {
    switch (random() % 8) {
      case 0: return RegisterDevice{alice};
      case 1:
      case 2:
      case 3: return disconnect(state.epoch - random() % 2);
      case 4: return synchronize(state.epoch, Bytes(random() % 2, 1));
      default: return connect();
    }
  };
  const auto history = testing::random_history<Device>(2, 200, command);
  EXPECT_GT(history.size(), 40u);
  EXPECT_TRUE(testing::folds_alike<Device>(history));
}

TEST(DeviceKey, IsReadFromTheNameOfAStream) {
  EXPECT_EQ(key_of(stream), key);
  EXPECT_EQ(key_of(es::StreamId(key.tenant, "code:1234", 0, "code")), std::nullopt);
}

}  // namespace
}  // namespace ocf::device
