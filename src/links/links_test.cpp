#include "links/links.hpp"

#include "device/device.hpp"
#include "es/error.hpp"
#include "links/texts.hpp"
#include "tests/given.hpp"

#include <gtest/gtest.h>

namespace ocf::links {
namespace {

using account::Access;
using account::Owner;
using account::Principal;
using account::Right;
using account::Rights;
using testing::given;
using testing::then;

const device::DeviceKey key(account::Tenant("default"),
                            DeviceId::parse("00000000-0000-0000-0000-00000000000a").value(), 1);
const account::Subject subject{key.tenant, key.device, Owner("alice")};
const es::StreamId stream = key.stream(stream_name);

Access self() {
  Access access;
  access.principal = Principal::of_device(key.tenant, subject.owner, key.device);
  access.on_owned = Right::read | Right::control;
  access.grants.push_back({key.device, static_cast<Rights>(Right::host)});
  return access;
}
Access neighbour() {
  Access access = self();
  access.grants.clear();
  return access;
}

Link link(const char* href, std::int64_t instance = 0, std::uint8_t policy = policy::discoverable) {
  Link made;
  made.href = Href(href);
  made.resource_types = {"core.light"};
  made.interfaces = {"oic.if.rw"};
  made.policy = policy;
  made.instance = instance;
  return made;
}
// As the hub publishes it.
Link hosted(const char* href, std::uint8_t policy = policy::discoverable) {
  return link(href, instance_of(Href(href)), policy);
}

PublishLinks publish(std::vector<Link> links, std::string name = "", std::size_t links_max = 1000) {
  return {self(), subject, std::move(links), std::move(name), links_max};
}
UnpublishLinks unpublish(std::vector<std::int64_t> instances) {
  return {self(), subject, std::move(instances)};
}

TEST(Links, ArePublishedWithTheHubsInstances) {
  EXPECT_EQ(given<Links>({}).when(publish({link("/b", 77), link("/a", 78)}, "lamp")),
            then<Links>({LinksPublished{{hosted("/a"), hosted("/b")}, "lamp"}}));
}

TEST(Links, MergeAndNeverReplace) {
  const auto links = given<Links>({LinksPublished{{hosted("/a"), hosted("/b")}, "lamp"}});
  EXPECT_EQ(links.when(publish({link("/c"), link("/b")})), then<Links>({LinksPublished{{hosted("/c")}, ""}}));
  EXPECT_EQ(links.when(publish({link("/b", 1, policy::observable)})),
            then<Links>({LinksPublished{{hosted("/b", policy::observable)}, ""}}));
  EXPECT_EQ(links.when(publish({}, "torch")), then<Links>({LinksPublished{{}, "torch"}}));
}

TEST(Links, ThatArePublishedAsTheyStandDecideNothing) {
  const auto links = given<Links>({LinksPublished{{hosted("/a")}, "lamp"}});
  EXPECT_EQ(links.when(publish({link("/a", 5)}, "lamp")), then<Links>({}));
  EXPECT_EQ(links.when(publish({})), then<Links>({}));
}

TEST(Links, OfOnePublicationWithTheSameHrefAreTheLast) {
  EXPECT_EQ(given<Links>({}).when(publish({link("/a"), link("/a", 0, policy::observable)})),
            then<Links>({LinksPublished{{hosted("/a", policy::observable)}, ""}}));
}

TEST(Links, WhoseInstancesCollideAreCountedUp) {
  const std::int64_t taken = instance_of(Href("/a"));
  EXPECT_EQ(given<Links>({LinksPublished{{link("/x", taken), link("/y", taken + 1)}, ""}})
                .when(publish({link("/a")})),
            then<Links>({LinksPublished{{link("/a", taken + 2)}, ""}}));
}

TEST(Links, HaveALimit) {
  const auto links = given<Links>({LinksPublished{{hosted("/a"), hosted("/b")}, ""}});
  EXPECT_EQ(links.when(publish({link("/c")}, "", 2)).error(), LinksError::too_many_links);
  EXPECT_EQ(links.when(publish({link("/c")}, "", 3)), then<Links>({LinksPublished{{hosted("/c")}, ""}}));
  // A limit that was lowered later still lets what is there change.
  EXPECT_EQ(links.when(publish({link("/a", 0, policy::observable)}, "", 1)),
            then<Links>({LinksPublished{{hosted("/a", policy::observable)}, ""}}));
}

TEST(LinkTexts, AreNotTooLong) {
  const std::string text(text_bytes_max, 'x');
  EXPECT_FALSE(is_too_long(text));
  EXPECT_TRUE(is_too_long(text + 'x'));
  Link most = link("/a");
  most.title = text;
  most.resource_types = std::vector<std::string>(texts_max, text);
  most.interfaces = most.resource_types;
  EXPECT_FALSE(is_too_long(most));
  Link more = most;
  more.title += 'x';
  EXPECT_TRUE(is_too_long(more));
  for (auto texts : {&Link::resource_types, &Link::interfaces}) {
    more = most;
    (more.*texts).back() += 'x';
    EXPECT_TRUE(is_too_long(more));
    more = most;
    (more.*texts).push_back("x");
    EXPECT_TRUE(is_too_long(more));
  }
}

TEST(Links, DoNotCoverTheResourceThatTheHubHosts) {
  EXPECT_EQ(given<Links>({}).when(publish({link("/oic/cloud/s"), link("/a")})),
            then<Links>({LinksPublished{{hosted("/a")}, ""}}));
  EXPECT_EQ(given<Links>({}).when(publish({link("/oic/cloud/s")})), then<Links>({}));
}

TEST(Links, AreUnpublishedByInstanceOrAll) {
  const auto links = given<Links>({LinksPublished{{hosted("/a"), hosted("/b"), hosted("/c")}, ""}});
  EXPECT_EQ(links.when(unpublish({hosted("/c").instance, 4, hosted("/a").instance})),
            then<Links>({LinksUnpublished{{Href("/a"), Href("/c")}}}));
  EXPECT_EQ(links.when(unpublish({})), then<Links>({LinksUnpublished{{Href("/a"), Href("/b"), Href("/c")}}}));
  EXPECT_EQ(links.when(unpublish({4, 5})).error(), LinksError::nothing_matches);
  EXPECT_EQ(given<Links>({}).when(unpublish({})), then<Links>({}));
}

TEST(Links, AreTheDevicesOwnWord) {
  PublishLinks by_neighbour = publish({link("/a")});
  by_neighbour.access = neighbour();
  EXPECT_EQ(given<Links>({}).when(by_neighbour).error(), LinksError::permission_denied);
  UnpublishLinks all = unpublish({});
  all.access = neighbour();
  EXPECT_EQ(given<Links>({LinksPublished{{hosted("/a")}, ""}}).when(all).error(),
            LinksError::permission_denied);
}

constexpr Time at(std::int64_t seconds) { return Time(std::chrono::seconds(seconds)); }

PublishLinks publish_for(std::int64_t lifetime, Time now, std::vector<Link> links) {
  PublishLinks command = publish(std::move(links));
  command.now = now;
  command.lifetime = std::chrono::seconds(lifetime);
  return command;
}
ExpireLinks expire(Time ended_by) {
  Access access;
  access.principal = Principal::system(key.tenant);
  return {access, subject, ended_by};
}

TEST(LinksWithALifetime, AreRenewedWhenTheyArePublishedAgain) {
  const auto links = given<Links>({LinksPublished{{hosted("/a"), hosted("/b")}, "", at(125)}});
  EXPECT_EQ(links.when(publish_for(100, at(100), {link("/b")})),
            then<Links>({LinksPublished{{hosted("/b")}, "", at(225)}}));
  EXPECT_EQ(links.when(publish({link("/b")})), then<Links>({LinksPublished{{hosted("/b")}, ""}}))
      << "without an end from now on";
  EXPECT_EQ(links.when(publish_for(100, at(100), {})), then<Links>({}));
}

// No link goes before its lifetime is over.
TEST(LinksWithALifetime, AreKeptAQuarterLongerSoThatFewRefreshesAreStored) {
  EXPECT_EQ(given<Links>({}).when(publish_for(2, at(0), {link("/a")})),
            then<Links>({LinksPublished{{hosted("/a")}, "", Time(std::chrono::milliseconds(2500))}}));
  const auto links = given<Links>({LinksPublished{{hosted("/a")}, "", at(125)}});
  for (const int now : {0, 1, 24, 25}) {
    EXPECT_EQ(links.when(publish_for(100, at(now), {link("/a")})), then<Links>({})) << now;
  }
  EXPECT_EQ(links.when(publish_for(100, at(26), {link("/a")})),
            then<Links>({LinksPublished{{hosted("/a")}, "", at(151)}}));
  EXPECT_EQ(links.when(publish_for(80, at(0), {link("/a")})),
            then<Links>({LinksPublished{{hosted("/a")}, "", at(100)}}))
      << "a shorter one is another";
  Link changed = link("/a");
  changed.title = "another";
  Link stored = hosted("/a");
  stored.title = "another";
  EXPECT_EQ(links.when(publish_for(100, at(0), {changed})),
            then<Links>({LinksPublished{{stored}, "", at(125)}}));
}

TEST(LinksWithALifetime, AreUnpublishedWhenItEnds) {
  const auto links = given<Links>({LinksPublished{{hosted("/a"), hosted("/b")}, "", at(10)},
                                   LinksPublished{{hosted("/b"), hosted("/c")}, "", at(20)},
                                   LinksPublished{{hosted("/d")}, ""}});
  EXPECT_EQ(links.when(expire(at(9))), then<Links>({}));
  EXPECT_EQ(links.when(expire(at(10))), then<Links>({LinksUnpublished{{Href("/a")}}}));
  EXPECT_EQ(links.when(expire(at(99))),
            then<Links>({LinksUnpublished{{Href("/a"), Href("/b"), Href("/c")}}}));
  EXPECT_EQ(given<Links>({LinksPublished{{hosted("/a")}, "", at(10)}, LinksUnpublished{{Href("/a")}},
                          LinksPublished{{hosted("/a")}, ""}})
                .when(expire(at(99))),
            then<Links>({}))
      << "published again without an end";
}

TEST(LinksWithALifetime, AreEndedByTheSystemOnly) {
  ExpireLinks by_device = expire(at(99));
  by_device.access = self();
  EXPECT_EQ(given<Links>({LinksPublished{{hosted("/a")}, "", at(10)}}).when(by_device).error(),
            LinksError::permission_denied);
}

TEST(LinksCodec, WritesTheseBytesForEver) {
  Link titled = link("/light/1", 0x50ef1d06, policy::discoverable | policy::observable);
  titled.title = "Lamp";
  titled.interfaces.push_back("oic.if.baseline");
  const auto published = Links::encode(LinksPublished{{titled}, "dev1"});
  EXPECT_EQ(published.type, "LinksPublished");
  EXPECT_EQ(to_hex(published.data),
            "a20181a601682f6c696768742f3102816a636f72652e6c69676874"
            "0382696f69632e69662e72776f6f69632e69662e626173656c696e65"
            "0403051a50ef1d0606644c616d70026464657631");
  const auto ending =
      Links::encode(LinksPublished{{}, "n", Time(std::chrono::milliseconds(1'700'000'000'123))});
  EXPECT_EQ(to_hex(ending.data), "a3018002616e031b0000018bcfe5687b");
  const auto unpublished = Links::encode(LinksUnpublished{{Href("/a"), Href("/b")}});
  EXPECT_EQ(unpublished.type, "LinksUnpublished");
  EXPECT_EQ(to_hex(unpublished.data), "a10182622f61622f62");
}

TEST(LinksCodec, ReadsWhatItWrote) {
  Link bare;
  bare.href = Href("/bare");
  bare.policy = 0;
  bare.instance = -1;
  Link titled = hosted("/a");
  titled.title = "Lamp";
  for (const Links::Event& event :
       {Links::Event(LinksPublished{{bare, titled}, ""}), Links::Event(LinksPublished{{}, "n"}),
        Links::Event(LinksPublished{{bare}, "", at(1)}), Links::Event(LinksPublished{{bare}, "", at(0)}),
        Links::Event(LinksUnpublished{{Href("/a")}})}) {
    EXPECT_EQ(testing::stored_and_read<Links>(event, stream), event);
  }
}

TEST(LinksCodec, ReadsAsManyLinksAsADeviceMayHave) {
  const Links::Event event = LinksPublished{std::vector<Link>(10'000, hosted("/a")), ""};
  EXPECT_EQ(testing::stored_and_read<Links>(event, stream), event);
}

TEST(LinksCodec, SkipsWhatANewerReleaseAdded) {
  auto recorded = testing::recorded<Links>(LinksUnpublished{}, stream);
  recorded.event.type = "LinksSorted";
  EXPECT_FALSE(Links::decode(recorded).value());
  recorded.event.type = "LinksPublished";
  recorded.event.data = from_hex(
                            "a20181a201622f6107"
                            "a0"
                            "04f5")
                            .value();
  Link expected;
  expected.href = Href("/a");
  EXPECT_EQ(Links::decode(recorded).value(), Links::Event(LinksPublished{{expected}, ""}));
}

TEST(LinksCodec, RefusesBytesThatAreNoEvent) {
  auto recorded = testing::recorded<Links>(LinksPublished{}, stream);
  for (const char* data : {"", "a101", "a10101", "a10181a10161", "a101a0"}) {
    recorded.event.data = from_hex(data).value();
    EXPECT_EQ(Links::decode(recorded).error(), es::StoreError::malformed_event) << data;
  }
}

TEST(Links, FoldsAlikeFromAnyPrefix) {
  const auto command = [](const Links::State& state, std::mt19937& random) -> Links::Command {
    if (random() % 4 == 0 && !state.links.empty()) return unpublish({state.links.begin()->second.instance});
    if (random() % 8 == 0) return expire(at(random() % 50));
    const std::string href = "/" + std::to_string(random() % 9);
    if (random() % 3 == 0) return publish_for(1 + random() % 50, at(random() % 50), {link(href.c_str())});
    return publish({link(href.c_str(), 0, static_cast<std::uint8_t>(random() % 4))},
                   std::to_string(random() % 3));
  };
  const auto history = testing::random_history<Links>(3, 200, command);
  EXPECT_GT(history.size(), 100u);
  EXPECT_TRUE(testing::folds_alike<Links>(history));
}

}  // namespace
}  // namespace ocf::links
