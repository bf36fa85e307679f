#include "directory/directory.hpp"

#include "tests/history.hpp"

#include <gtest/gtest.h>

namespace ocf::directory {
namespace {

using account::Access;
using account::Holder;
using account::Owner;
using account::Principal;
using account::Right;
using account::Rights;
using account::Tenant;
using device::Device;
using device::DeviceKey;
using links::Links;

const Tenant tenant("default");
const Owner alice("alice"), bob("bob");
const DeviceId lamp = DeviceId::parse("00000000-0000-0000-0000-00000000000a").value();
const DeviceId heater = DeviceId::parse("00000000-0000-0000-0000-00000000000b").value();

Access user(const Owner& owner, const Tenant& of = tenant) {
  Access access;
  access.principal = Principal::user(of, owner);
  access.on_owned = Right::read | Right::control;
  return access;
}

Link link(const char* href, const char* type, std::uint8_t policy = policy::discoverable) {
  Link made;
  made.href = Href(href);
  made.resource_types = {type};
  made.interfaces = {"oic.if.rw", "oic.if.baseline"};
  made.policy = policy;
  made.instance = instance_of(made.href);
  return made;
}

// A directory that follows a scripted log.
class DirectoryTest : public ::testing::Test {
 protected:
  void claimed(const DeviceId& di, const Owner& owner, account::Registration registration) {
    append<Holder>(Holder::stream(tenant, di), account::DeviceClaimed{owner, registration, "g"});
  }
  void registered(const DeviceId& di, const Owner& owner, account::Registration registration) {
    claimed(di, owner, registration);
    append<Device>(device_stream(di, registration), device::DeviceRegistered{owner});
  }
  void connected(const DeviceId& di, account::Registration registration = 1) {
    append<Device>(device_stream(di, registration), device::DeviceConnected{"gw", "peer", "tcp"});
  }
  void disconnected(const DeviceId& di, device::Epoch epoch) {
    append<Device>(device_stream(di, 1), device::DeviceDisconnected{epoch, device::Disconnection::closed});
  }
  void deregistered(const DeviceId& di) {
    append<Device>(device_stream(di, 1), device::DeviceDeregistered{});
  }
  void released(const DeviceId& di) {
    append<Holder>(Holder::stream(tenant, di), account::DeviceReleased{1});
  }
  void published(const DeviceId& di, std::vector<Link> links, account::Registration registration = 1,
                 std::optional<Time> ends = std::nullopt) {
    append<Links>(links_stream(di, registration), links::LinksPublished{std::move(links), "name", ends});
  }
  void unpublished(const DeviceId& di, const char* href) {
    append<Links>(links_stream(di, 1), links::LinksUnpublished{{Href(href)}});
  }

  // Hrefs in the order in which they are found, each with the last digit of its device.
  std::vector<std::string> found(const Access& access, const Filter& filter = {}) const {
    std::vector<std::string> hrefs;
    for (const FoundLink& found : directory.find(access, filter)) {
      hrefs.push_back(found.device.device.text().back() + found.link.href.text());
    }
    return hrefs;
  }

  template <es::Decider D>
  void append(const es::StreamId& stream, const typename D::Event& event) {
    directory.apply(history.append<D>(stream, event));
  }
  static es::StreamId device_stream(const DeviceId& di, account::Registration registration) {
    return DeviceKey(tenant, di, registration).stream(device::stream_name);
  }
  static es::StreamId links_stream(const DeviceId& di, account::Registration registration) {
    return DeviceKey(tenant, di, registration).stream(links::stream_name);
  }

  testing::History history;
  Directory directory;
};

using Hrefs = std::vector<std::string>;

TEST_F(DirectoryTest, ListsTheStatusResourceOfARegisteredDevice) {
  registered(lamp, alice, 1);
  EXPECT_EQ(found(user(alice)), Hrefs{"a/oic/cloud/s"});
  EXPECT_EQ(directory.find(user(alice), {}).front().link, status_link());
  EXPECT_TRUE(directory.known(tenant, lamp)->links.empty());
  EXPECT_TRUE(directory.device(user(alice), lamp)->links.contains(status_href()));
}

TEST_F(DirectoryTest, CountsWhatAnOwnerHasBesidesADevice) {
  registered(lamp, alice, 1);
  claimed(heater, alice, 1);
  EXPECT_EQ(directory.owned_besides(tenant, alice, DeviceId()), 2u);
  EXPECT_EQ(directory.owned_besides(tenant, alice, lamp), 1u);
  EXPECT_EQ(directory.owned_besides(tenant, bob, lamp), 0u);
  EXPECT_EQ(directory.owned_besides(Tenant("other"), alice, lamp), 0u);
  released(lamp);
  deregistered(lamp);
  EXPECT_EQ(directory.owned_besides(tenant, alice, DeviceId()), 1u);
}

TEST_F(DirectoryTest, FindsLinksInTheOrderOfDevicesAndHrefs) {
  registered(heater, alice, 1);
  published(heater, {link("/z", "t"), link("/a", "t")});
  registered(lamp, alice, 1);
  published(lamp, {link("/m", "t")});
  EXPECT_EQ(found(user(alice)), (Hrefs{"a/m", "a/oic/cloud/s", "b/a", "b/oic/cloud/s", "b/z"}));
}

TEST_F(DirectoryTest, FiltersByTypeDeviceAndInterface) {
  registered(lamp, alice, 1);
  published(lamp, {link("/a", "t.one"), link("/b", "t.two"), link("/c", "t.three")});
  registered(heater, alice, 1);
  published(heater, {link("/a", "t.one")});
  EXPECT_EQ(found(user(alice), {{"t.one", "t.three"}, {}, ""}), (Hrefs{"a/a", "a/c", "b/a"}));
  EXPECT_EQ(found(user(alice), {{"t.one"}, {heater}, ""}), Hrefs{"b/a"});
  EXPECT_EQ(found(user(alice), {{}, {heater, heater, lamp}, "oic.if.r"}),
            (Hrefs{"a/oic/cloud/s", "b/oic/cloud/s"}));
  EXPECT_EQ(found(user(alice), {{"t.none"}, {}, ""}), Hrefs{});
  EXPECT_EQ(found(user(alice), {{}, {DeviceId()}, ""}), Hrefs{});
}

TEST_F(DirectoryTest, DoesNotFindWhatIsNotDiscoverable) {
  registered(lamp, alice, 1);
  published(lamp, {link("/hidden", "t", policy::observable)});
  EXPECT_EQ(found(user(alice)), Hrefs{"a/oic/cloud/s"});
  EXPECT_TRUE(directory.known(tenant, lamp)->links.contains(Href("/hidden")));
}

TEST_F(DirectoryTest, ShowsNothingToAForeignOwner) {
  registered(lamp, alice, 1);
  for (const Access& access : {user(bob), user(alice, Tenant("other")), user(Owner())}) {
    EXPECT_EQ(found(access), Hrefs{});
    EXPECT_EQ(found(access, {{}, {lamp}, ""}), Hrefs{});
    EXPECT_FALSE(directory.device(access, lamp));
    EXPECT_TRUE(directory.devices(access).empty());
  }
}

TEST_F(DirectoryTest, ShowsNothingToAnOwnerWhoMayNotRead) {
  registered(lamp, alice, 1);
  Access access = user(alice);
  access.on_owned = static_cast<Rights>(Right::control);
  EXPECT_EQ(found(access), Hrefs{});
}

TEST_F(DirectoryTest, ShowsADeviceOfAnotherOwnerByAGrant) {
  registered(lamp, alice, 1);
  registered(heater, bob, 1);
  Access access = user(bob);
  access.grants = {{lamp, static_cast<Rights>(Right::read)}, {DeviceId(), static_cast<Rights>(Right::read)}};
  EXPECT_EQ(found(access), (Hrefs{"a/oic/cloud/s", "b/oic/cloud/s"}));
  EXPECT_EQ(directory.device(access, lamp)->owner, alice);
  access.grants.front().rights = static_cast<Rights>(Right::control);
  EXPECT_EQ(found(access), Hrefs{"b/oic/cloud/s"});
}

TEST_F(DirectoryTest, FollowsSessions) {
  registered(lamp, alice, 1);
  EXPECT_FALSE(directory.find(user(alice), {}).front().online);
  EXPECT_EQ(directory.known(tenant, lamp)->registered, testing::History::time_of(2));
  connected(lamp);
  EXPECT_TRUE(directory.find(user(alice), {}).front().online);
  EXPECT_EQ(directory.known(tenant, lamp)->epoch, 2u);
  EXPECT_EQ(directory.known(tenant, lamp)->since, testing::History::time_of(3));
  connected(lamp);
  EXPECT_EQ(directory.known(tenant, lamp)->epoch, 3u);
  EXPECT_EQ(directory.known(tenant, lamp)->since,
            testing::History::time_of(3));  // it was online all the time
  ASSERT_EQ(directory.online().size(), 1u);
  EXPECT_EQ(directory.online().front().key, DeviceKey(tenant, lamp, 1));
  disconnected(lamp, 2);  // the older session
  EXPECT_TRUE(directory.known(tenant, lamp)->online);
  disconnected(lamp, 3);
  EXPECT_FALSE(directory.known(tenant, lamp)->online);
  EXPECT_EQ(directory.known(tenant, lamp)->since, testing::History::time_of(history.last()));
  EXPECT_TRUE(directory.online().empty());
}

TEST_F(DirectoryTest, FollowsPublications) {
  registered(lamp, alice, 1);
  published(lamp, {link("/a", "t"), link("/b", "t")});
  published(lamp, {link("/a", "other")});
  EXPECT_EQ(directory.known(tenant, lamp)->links.at(Href("/a")).resource_types,
            std::vector<std::string>{"other"});
  EXPECT_EQ(directory.known(tenant, lamp)->name, "name");
  unpublished(lamp, "/a");
  EXPECT_EQ(found(user(alice)), (Hrefs{"a/b", "a/oic/cloud/s"}));
}

TEST_F(DirectoryTest, HidesARegistrationBehindTheNext) {
  registered(lamp, alice, 1);
  connected(lamp);
  published(lamp, {link("/a", "t")});
  claimed(lamp, bob, 2);
  EXPECT_EQ(directory.known(tenant, lamp), nullptr);
  EXPECT_EQ(found(user(alice)), Hrefs{});
  registered(lamp, bob, 2);
  EXPECT_EQ(found(user(alice)), Hrefs{});
  EXPECT_EQ(found(user(bob)), Hrefs{"a/oic/cloud/s"});
  EXPECT_FALSE(directory.known(tenant, lamp)->online);
  // What is still said in the old registration is nobody's.
  published(lamp, {link("/b", "t")}, 1);
  connected(lamp, 1);
  deregistered(lamp);
  EXPECT_EQ(found(user(bob)), Hrefs{"a/oic/cloud/s"});
  EXPECT_FALSE(directory.known(tenant, lamp)->online);
}

TEST_F(DirectoryTest, ForgetsADeviceThatIsDeregistered) {
  registered(lamp, alice, 1);
  deregistered(lamp);
  EXPECT_EQ(directory.known(tenant, lamp), nullptr);
  EXPECT_EQ(found(user(alice)), Hrefs{});
  released(lamp);
  EXPECT_EQ(directory.known(tenant, lamp), nullptr);
}

TEST_F(DirectoryTest, HidesADeviceThatIsReleasedButKnowsItUntilItIsDeregistered) {
  registered(lamp, alice, 1);
  released(lamp);
  EXPECT_EQ(found(user(alice)), Hrefs{});
  EXPECT_FALSE(directory.device(user(alice), lamp));
  ASSERT_NE(directory.known(tenant, lamp), nullptr);
  deregistered(lamp);
  EXPECT_EQ(directory.known(tenant, lamp), nullptr);
}

TEST_F(DirectoryTest, KnowsADeviceOnlyOnceItIsRegistered) {
  claimed(lamp, alice, 1);
  EXPECT_EQ(directory.known(tenant, lamp), nullptr);
  released(lamp);
  append<Device>(device_stream(lamp, 1),
                 device::DeviceRegistered{alice});  // lost the race against the release
  EXPECT_EQ(directory.known(tenant, lamp), nullptr);
}

TEST_F(DirectoryTest, PassesOverWhatItCannotRead) {
  registered(lamp, alice, 1);
  auto broken = history.append<Links>(links_stream(lamp, 1), links::LinksPublished{{link("/a", "t")}, ""});
  broken.event.data.pop_back();
  directory.apply(broken);
  directory.apply(
      history.append<Device>(es::StreamId(tenant, "code:1234", 0, "code"), device::DeviceDeregistered{}));
  EXPECT_EQ(found(user(alice)), Hrefs{"a/oic/cloud/s"});
}

TEST_F(DirectoryTest, KnowsDevicesWhoseLinksEnded) {
  const auto at = [](int seconds) { return Time(std::chrono::seconds(seconds)); };
  const auto ended = [&](int seconds) {
    std::vector<DeviceId> devices;
    for (const device::DeviceKey& key : directory.with_ended_links(at(seconds)))
      devices.push_back(key.device);
    return devices;
  };
  using Devices = std::vector<DeviceId>;
  registered(lamp, alice, 1);
  registered(heater, alice, 1);
  published(lamp, {link("/a", "t")}, 1, at(20));
  published(lamp, {link("/b", "t")}, 1, at(30));
  published(heater, {link("/c", "t")}, 1, at(10));
  EXPECT_EQ(ended(9), Devices());
  EXPECT_EQ(ended(20), (Devices{heater, lamp}));
  published(heater, {link("/c", "t")}, 1, at(40));
  EXPECT_EQ(ended(39), Devices{lamp}) << "published again";
  unpublished(lamp, "/a");
  EXPECT_EQ(ended(29), Devices());
  EXPECT_EQ(ended(30), Devices{lamp}) << "its other link";
  published(lamp, {link("/b", "t")});
  EXPECT_EQ(ended(30), Devices()) << "without an end now";
  deregistered(heater);
  EXPECT_EQ(ended(99), Devices());
}

}  // namespace
}  // namespace ocf::directory
