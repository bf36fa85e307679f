#include "base/random.hpp"
#include "cloud/test_cloud.hpp"

#include <algorithm>

namespace ocf::cloud {
namespace {

using resource::Operation;
using Names = std::vector<std::string>;

Request update(std::uint8_t value) {
  Request request(DeviceId::parse("028acc3a-d1a5-4246-79cd-2876cfc55911").value(), Href("/light/1"),
                  Operation::update);
  request.content = {10000, share(Bytes{0xa1, 0x61, 'v', value})};
  return request;
}
Request retrieval() {
  return Request(DeviceId::parse("028acc3a-d1a5-4246-79cd-2876cfc55911").value(), Href("/light/1"),
                 Operation::retrieve);
}

TEST_F(TestCloud, GivesANewerSessionAHigherEpochAndClosesTheOlderChannel) {
  RecordingChannel first, second;
  const DeviceSession old = online(first);
  const DeviceSession young = sign_in(second);
  EXPECT_GT(young.epoch, old.epoch);
  EXPECT_EQ(first.closed, std::vector{device::Disconnection::superseded});
  publish(young, "/light/1");
  EXPECT_EQ(notify(old, 1, 1).error(), CloudError::session_ended) << "the fence";
  EXPECT_TRUE(notify(young, 2, 1));
  run_void(cloud->disconnect(old, device::Disconnection::closed));
  EXPECT_TRUE(run(cloud->device(user("alice"), device_id()))->online)
      << "an old session's end says nothing of the new one";
}

TEST_F(TestCloud, AnswersAnUpdateWithWhatTheDeviceSaid) {
  RecordingChannel channel;
  const DeviceSession session = online(channel);
  publish(session, "/light/1");
  std::optional<Result<Answer>> answer;
  begin(cloud->request(user("alice"), update(7)), answer);
  settle();
  ASSERT_EQ(channel.offered.size(), 1u);
  EXPECT_FALSE(answer) << "the device has not answered yet";
  EXPECT_TRUE(confirm(session, channel.offered[0]));
  settle();
  ASSERT_TRUE(answer && *answer);
  EXPECT_EQ((*answer)->status, resource::Status::changed);
  EXPECT_FALSE(confirm(session, channel.offered[0])) << "a second answer";
  EXPECT_EQ(types(), (Names{"ResourceUpdatePending", "CommandDispatched", "ResourceUpdated"}));
}

TEST_F(TestCloud, EndsACommandOnceWhenItsDeviceDisconnects) {
  RecordingChannel channel;
  const DeviceSession session = online(channel);
  publish(session, "/light/1");
  std::optional<Result<Answer>> answer;
  begin(cloud->request(user("alice"), update(7)), answer);
  settle();
  run_void(cloud->disconnect(session, device::Disconnection::closed));
  settle();
  ASSERT_TRUE(answer);
  EXPECT_EQ(answer->error(), CloudError::outcome_unknown);
  EXPECT_FALSE(confirm(session, channel.offered[0]));
  now += limits.command_time + std::chrono::seconds(1);
  sweep();
  EXPECT_EQ(types(), (Names{"ResourceUpdatePending", "CommandDispatched", "CommandOutcomeUnknown"}));
}

TEST_F(TestCloud, ExpiresACommandAndClosesTheChannelOfTheDeviceThatDidNotAnswer) {
  RecordingChannel channel;
  const DeviceSession session = online(channel);
  publish(session, "/light/1");
  std::optional<Result<Answer>> answer;
  begin(cloud->request(user("alice"), update(7)), answer);
  settle();
  now += limits.command_time + std::chrono::seconds(1);
  sweep();
  ASSERT_TRUE(answer);
  EXPECT_EQ(answer->error(), CloudError::command_expired);
  EXPECT_EQ(channel.closed, std::vector{device::Disconnection::unresponsive});
}

TEST_F(TestCloud, RefusesACommandForAnOfflineDeviceAtOnceUnlessItMayWait) {
  RecordingChannel channel;
  const DeviceSession session = online(channel);
  publish(session, "/light/1");
  run_void(cloud->disconnect(session, device::Disconnection::closed));
  EXPECT_EQ(run(cloud->request(user("alice"), update(7))).error(), resource::ResourceError::device_offline);

  Request patient = update(8);
  patient.time_to_live = std::chrono::seconds(60);
  std::optional<Result<Answer>> answer;
  begin(cloud->request(user("alice"), std::move(patient)), answer);
  settle();
  EXPECT_FALSE(answer);
  RecordingChannel again;
  const DeviceSession back = sign_in(again);
  ASSERT_EQ(again.offered.size(), 1u) << "offered at sign-in";
  EXPECT_TRUE(confirm(back, again.offered[0]));
  settle();
  EXPECT_TRUE(answer && *answer);
}

TEST_F(TestCloud, UnpublishesLinksWhoseLifetimeEnded) {
  RecordingChannel channel;
  const DeviceSession session = online(channel);
  publish(session, "/for/ever");
  const auto publish_for = [&](std::chrono::seconds lifetime) {
    EXPECT_TRUE(run(cloud->publish(session, std::vector<Link>(1, link("/light/1")), "", lifetime)));
  };
  const auto is_published = [&] { return cloud->links_of(session.key).size() == 2; };
  publish_for(std::chrono::seconds(100));
  now += std::chrono::seconds(100);
  publish_for(std::chrono::seconds(100));
  now += std::chrono::seconds(124) + limits.link_lifetime_grace;
  sweep();
  EXPECT_TRUE(is_published()) << "renewed, kept a quarter longer, and in its grace";
  crash();
  now += std::chrono::seconds(1);
  sweep();
  EXPECT_FALSE(is_published()) << "also after a crash";
  const auto history = run(cloud->history(user("alice"), device_id(), std::nullopt)).value().events;
  EXPECT_EQ(history.back().event.type, "LinksUnpublished");
  EXPECT_EQ(history.back().event.audit.principal, "system");
  sweep();
  EXPECT_EQ(run(cloud->history(user("alice"), device_id(), std::nullopt))->events.size(), history.size())
      << "once";
}

TEST_F(TestCloud, StoresFewOfManyRefreshesAndKeepsLinksAsLongAsEachAsked) {
  RecordingChannel channel;
  const DeviceSession session = online(channel);
  const auto stored = [&] { return run(memory.read(session.key.stream("links"), 0))->size(); };
  for (int second = 0; second < 1000; ++second) {
    if (second > 0) now += std::chrono::seconds(1);
    EXPECT_TRUE(
        run(cloud->publish(session, std::vector<Link>(1, link("/light/1")), "", std::chrono::seconds(100))));
  }
  EXPECT_LE(stored(), 1000u / 25);
  now += std::chrono::seconds(100) + limits.link_lifetime_grace - std::chrono::milliseconds(1);
  sweep();
  EXPECT_EQ(cloud->links_of(session.key).size(), 1u) << "the last one counts";
  now += std::chrono::seconds(26);
  sweep();
  EXPECT_TRUE(cloud->links_of(session.key).empty());
}

TEST_F(TestCloud, TellsWhoWatchesAndTheGatewayThatALifetimeEnded) {
  RecordingChannel channel;
  const DeviceSession session = online(channel);
  EXPECT_TRUE(
      run(cloud->publish(session, std::vector<Link>(1, link("/light/1")), "", std::chrono::seconds(100))));
  std::size_t gone = 0;
  Cloud::Watcher watcher = [&](const shadow::Representation* latest) { gone += latest == nullptr ? 1 : 0; };
  const auto watch = run(cloud->watch(user("alice"), device_id(), Href("/light/1"), watcher)).value();
  now += std::chrono::seconds(125) + limits.link_lifetime_grace;
  sweep();
  EXPECT_EQ(gone, 1u);
  EXPECT_EQ(channel.forgotten, 1u);
}

TEST_F(TestCloud, TellsOfChangedLinksWhoMayFindThem) {
  RecordingChannel channel;
  const DeviceSession session = online(channel);
  std::size_t alices = 0, mallorys = 0;
  std::function<void()> of_alice = [&] { ++alices; };
  std::function<void()> of_mallory = [&] { ++mallorys; };
  auto watch = run(cloud->watch_directory(user("alice"), of_alice)).value();
  const auto other = run(cloud->watch_directory(user("mallory"), of_mallory)).value();
  publish(session, "/light/1");
  EXPECT_EQ(alices, 1u);
  notify(session, 1, 1);
  run_void(cloud->disconnect(session, device::Disconnection::closed));
  EXPECT_EQ(alices, 1u) << "values and presence change no link";
  RecordingChannel second;
  online(second, "alice", device_id('2'));
  EXPECT_GE(alices, 2u) << "a device was registered";
  const std::size_t before = alices;
  EXPECT_TRUE(run(cloud->remove_device(user("alice"), device_id())));
  EXPECT_GT(alices, before) << "and removed";
  watch.reset();
  const std::size_t last = alices;
  EXPECT_TRUE(run(cloud->remove_device(user("alice"), device_id('2'))));
  EXPECT_EQ(alices, last) << "the watch ended";
  EXPECT_EQ(mallorys, 0u);
}

TEST_F(TestCloud, FindsRepresentationsThatTheShadowKnows) {
  RecordingChannel channel;
  const DeviceSession session = online(channel);
  publish(session, "/light/1");
  publish(session, "/light/2");
  notify(session, 7, 1);
  directory::Filter lights;
  lights.resource_types = {"core.light"};
  const auto found = run(cloud->find_representations(user("alice"), lights)).value();
  ASSERT_EQ(found.size(), 1u);
  EXPECT_EQ(found[0].link.link.href, Href("/light/1"));
  EXPECT_EQ(found[0].representation.content, content(7));
  EXPECT_TRUE(run(cloud->find_representations(user("mallory"), lights))->empty());
}

TEST_F(TestCloud, ShowsAStrangerNothing) {
  RecordingChannel channel;
  const DeviceSession session = online(channel);
  publish(session, "/light/1");
  notify(session, 1, 1);
  EXPECT_EQ(run(cloud->request(user("mallory"), update(1))).error(), CloudError::not_found);
  EXPECT_EQ(run(cloud->request(user("mallory"), retrieval())).error(), CloudError::not_found);
  EXPECT_EQ(run(cloud->device(user("mallory"), device_id())).error(), CloudError::not_found);
  EXPECT_EQ(run(cloud->history(user("mallory"), device_id(), Href("/light/1"))).error(),
            CloudError::not_found);
  EXPECT_EQ(run(cloud->remove_device(user("mallory"), device_id())).error(), CloudError::not_found);
  EXPECT_EQ(run(cloud->watch(user("mallory"), device_id(), Href("/light/1"), {})).error(),
            CloudError::not_found);
  EXPECT_TRUE(run(cloud->find(user("mallory"), {}))->empty());
  auto feed = run(cloud->feed(user("mallory"), {}, Cursor{{1, 1, 1, 1}}.text())).value();
  EXPECT_TRUE(run(feed->next(std::chrono::milliseconds(0)))->empty());
}

TEST_F(TestCloud, TellsAWatchEveryChangeInOrderAndTheEnd) {
  RecordingChannel channel;
  const DeviceSession session = online(channel);
  publish(session, "/light/1");
  std::vector<int> seen;
  auto watch = run(cloud->watch(
      user("alice"), device_id(), Href("/light/1"), [&](const shadow::Representation* now_known) {
        seen.push_back(now_known == nullptr ? -1 : now_known->content.bytes->back());
      }));
  ASSERT_TRUE(watch);
  for (std::uint8_t value = 1; value <= 3; ++value) EXPECT_TRUE(notify(session, value, value));
  EXPECT_TRUE(notify(session, 3, 4)) << "the same again is no change";
  EXPECT_TRUE(run(cloud->unpublish(session, {})));
  EXPECT_EQ(seen, (std::vector{1, 2, 3, -1}));
}

TEST_F(TestCloud, FeedsEveryEventOnceFromAnyCursor) {
  RecordingChannel channel;
  auto live = run(cloud->feed(user("alice"), {}, "")).value();
  const DeviceSession session = online(channel);
  publish(session, "/light/1");
  for (std::uint8_t value = 1; value <= 5; ++value) EXPECT_TRUE(notify(session, value, value));

  const auto drain = [this](Feed& feed) {
    Names names;
    for (;;) {
      const auto events = run(feed.next(std::chrono::milliseconds(0)));
      if (!events || events->empty()) return names;
      for (const FeedEvent& event : *events) names.push_back(event.recorded.event.type + event.cursor);
    }
  };
  const Names all = drain(*live);
  EXPECT_EQ(all.size(), 8u) << "registered, connected, published, five representations";
  auto replay = run(cloud->feed(user("alice"), {}, Cursor{{1, 1, 1, 1}}.text())).value();
  EXPECT_EQ(drain(*replay), all);
  FeedFilter filter;
  filter.href = Href("/light/1");
  auto filtered = run(cloud->feed(user("alice"), filter, Cursor{{1, 1, 1, 1}}.text())).value();
  EXPECT_EQ(drain(*filtered).size(), 5u);
  EXPECT_EQ(run(cloud->feed(user("alice"), {}, "nonsense")).error(), CloudError::malformed_cursor);
}

TEST_F(TestCloud, EndsWhatACrashLeftOpen) {
  RecordingChannel channel;
  const DeviceSession session = online(channel);
  publish(session, "/light/1");
  notify(session, 5, 1);
  std::optional<Result<Answer>> answer;
  begin(cloud->request(user("alice"), update(7)), answer);
  settle();
  crash();
  const auto device = run(cloud->device(user("alice"), device_id())).value();
  EXPECT_FALSE(device.online);
  EXPECT_EQ(types().back(), "CommandOutcomeUnknown");
  const auto known = run(cloud->request(user("alice"), retrieval())).value();
  EXPECT_EQ(known.content, content(5)) << "the shadow is rebuilt from the log";
}

TEST_F(TestCloud, CancelsWhatWasAskedForLaterThanItIsAfterARestart) {
  RecordingChannel channel;
  const DeviceSession session = online(channel);
  publish(session, "/light/1");
  run_void(cloud->disconnect(session, device::Disconnection::closed));
  Request patient = update(7);
  patient.time_to_live = std::chrono::seconds(60);
  std::optional<Result<Answer>> answer;
  begin(cloud->request(user("alice"), std::move(patient)), answer);
  settle();
  ASSERT_EQ(types().back(), "ResourceUpdatePending");
  now -= std::chrono::hours(1);
  crash();
  sweep();
  EXPECT_EQ(types(), (Names{"ResourceUpdatePending", "CommandCanceled"}));
}

// Stores what it is given, and of the first few appends does not say so.
class SilentStore final : public es::EventStore {
 public:
  SilentStore(es::EventStore& store, int silent) : store_(store), silent_(silent) {}

  es::Partition partitions() const override { return store_.partitions(); }
  es::awaitable<Result<std::vector<es::RecordedEvent>>> read(es::StreamId stream,
                                                             es::Version after) override {
    return store_.read(std::move(stream), after);
  }
  es::awaitable<Result<es::EventBatch>> append(es::Append append) override {
    auto stored = co_await store_.append(std::move(append));
    if (silent_-- > 0) co_return es::StoreError::outcome_unknown;
    co_return stored;
  }
  es::awaitable<Result<void>> trim(es::Trim trim) override { return store_.trim(std::move(trim)); }
  es::awaitable<Result<es::LogSlice>> read_partition(es::Partition partition, es::Offset from,
                                                     std::size_t limit) override {
    return store_.read_partition(partition, from, limit);
  }

 private:
  es::EventStore& store_;
  int silent_;
};

TEST_F(TestCloud, StartsOnAStoreThatDoesNotSayWhatItStored) {
  RecordingChannel channel;
  publish(online(channel), "/light/1");
  std::optional<Result<Answer>> answer;
  begin(cloud->request(user("alice"), update(7)), answer);
  settle();

  // The device's disconnection is stored, twice tried, and not announced: the end of its command comes behind
  // a gap.
  SilentStore silent(memory, 2);
  es::AnnouncingStore announcing(silent, bus);
  run_void(cloud->stop_background());
  crashed.push_back(std::move(cloud));
  cloud = std::make_unique<Cloud>(
      Cloud::Parts{announcing, bus, authorization, limits, [this] { return now; }, "hub"});
  EXPECT_TRUE(run(cloud->start()));
  settle();
  EXPECT_FALSE(run(cloud->device(user("alice"), device_id()))->online);
  EXPECT_EQ(types().back(), "CommandOutcomeUnknown");
  run_void(cloud->stop());
  run_void(crashed.front()->stop());  // its caller waits there, for nobody told it of the end
  settle();
  crashed.push_back(std::move(cloud));
  make_cloud();
}

TEST_F(TestCloud, TheEndOfACommandBelongsToTheOwnerWhoHadTheDeviceWhenItBegan) {
  RecordingChannel channel;
  const DeviceSession session = online(channel);
  publish(session, "/light/1");
  std::optional<Result<Answer>> answer;
  begin(cloud->request(user("alice"), update(7)), answer);
  settle();
  EXPECT_TRUE(run(cloud->remove_device(user("alice"), device_id())));
  const auto events = run(memory.read(resource::stream_of(session.key, Href("/light/1")), 0)).value();
  EXPECT_EQ(events.back().event.type, "CommandOutcomeUnknown");
  EXPECT_EQ(events.back().event.audit.owner, "alice");
}

TEST_F(TestCloud, RemovesADeviceWhoseSignUpDidNotComeToItsEnd) {
  for (const bool is_registered : {false, true}) {
    const DeviceId id = device_id(is_registered ? '1' : '2');
    if (is_registered) {
      ASSERT_TRUE(run(cloud->sign_up(account::SignUp(id, "alice:1", now))));
    }
    const es::StreamId stream = account::Holder::stream(account::Tenant("default"), id);
    const es::Version version = is_registered ? 1 : 0;
    es::EncodedEvent encoded =
        account::Holder::encode(account::DeviceClaimed{account::Owner("alice"), version + 1, "another"});
    es::NewEvent claimed;
    claimed.id = es::EventId(random_uuid());
    claimed.type = std::move(encoded.type);
    claimed.data = std::move(encoded.data);
    claimed.time = now;
    es::Append append(stream, version, {std::move(claimed)});
    ASSERT_TRUE(run(store.append(std::move(append))));
    crash();

    EXPECT_EQ(run(cloud->remove_device(user("bob"), id)).error(), CloudError::not_found);
    EXPECT_TRUE(run(cloud->remove_device(user("alice"), id)));
    EXPECT_EQ(run(cloud->remove_device(user("alice"), id)).error(), CloudError::not_found);
    const auto events = run(memory.read(stream, 0)).value();
    EXPECT_EQ(events.back().event.type, "DeviceReleased");
    EXPECT_TRUE(run(cloud->sign_up(account::SignUp(id, "bob:1", now)))) << "it is free";
  }
}

TEST_F(TestCloud, EndsACommandOfADeviceThatWasDisconnectedJustBeforeTheCrash) {
  RecordingChannel channel;
  const DeviceSession session = online(channel);
  publish(session, "/light/1");
  notify(session, 5, 1);
  std::optional<Result<Answer>> answer;
  begin(cloud->request(user("alice"), update(7)), answer);
  settle();
  es::EncodedEvent encoded =
      device::Device::encode(device::DeviceDisconnected{session.epoch, device::Disconnection::closed});
  es::NewEvent gone;
  gone.id = es::EventId("gone");
  gone.type = std::move(encoded.type);
  gone.data = std::move(encoded.data);
  const es::StreamId stream = session.key.stream(device::stream_name);
  const es::Version version = run(memory.read(stream, 0))->size();
  ASSERT_TRUE(run(memory.append(es::Append(stream, version, std::vector<es::NewEvent>(1, gone)))));
  crash();
  EXPECT_FALSE(run(cloud->device(user("alice"), device_id()))->online);
  EXPECT_EQ(types().back(), "CommandOutcomeUnknown");
  run_void(
      crashed.front()->stop());  // its caller waits there: to a cloud that missed an event nothing is told
  settle();
}

TEST_F(TestCloud, ReadsFromTheLogWhatTheBusDidNotSay) {
  RecordingChannel channel;
  const DeviceSession session = online(channel);
  publish(session, "/light/1");
  // Another process stores two events, and only the second reaches this bus.
  es::NewEvent foreign;
  foreign.id = es::EventId("foreign");
  foreign.type = "SomethingOfANewerRelease";
  const es::StreamId stream = session.key.stream("notes");
  ASSERT_TRUE(run(memory.append(es::Append(stream, 0, std::vector<es::NewEvent>(1, foreign)))));
  EXPECT_TRUE(notify(session, 9, 1));
  settle();
  EXPECT_EQ(run(cloud->request(user("alice"), retrieval()))->content, content(9));
}

TEST_F(TestCloud, HandlesCommandsToOneStreamInTheOrderInWhichTheyCame) {
  RecordingChannel channel;
  const DeviceSession session = online(channel);
  publish(session, "/light/1");
  std::vector<std::optional<Result<void>>> done(50);
  for (std::size_t index = 0; index < done.size(); ++index) {
    Notification notification;
    notification.href = Href("/light/1");
    notification.content = content(static_cast<std::uint8_t>(index % 20));
    notification.sequence = index + 1;
    begin(cloud->notify(session, std::move(notification)), done[index]);
  }
  settle();
  std::uint64_t sequence = 0;
  const History page = run(cloud->history(user("alice"), device_id(), Href("/light/1"))).value();
  for (const auto& recorded : page.events) {
    EXPECT_EQ(recorded.event.spoken.sequence, ++sequence);
  }
  EXPECT_EQ(sequence, 50u);
}

TEST_F(TestCloud, RecordsIllFormedContentAsRejectedAndKeepsTheState) {
  RecordingChannel channel;
  const DeviceSession session = online(channel);
  publish(session, "/light/1");
  EXPECT_TRUE(notify(session, 1, 1));
  Notification bad;
  bad.href = Href("/light/1");
  bad.content = {10000, share(Bytes{0xa1})};
  bad.sequence = 2;
  EXPECT_TRUE(run(cloud->notify(session, std::move(bad))));
  EXPECT_EQ(types(), (Names{"ResourceRepresentationUpdated", "NotificationRejected"}));
  EXPECT_EQ(run(cloud->request(user("alice"), retrieval()))->content, content(1));
}

TEST_F(TestCloud, GivesASecondOwnerARegistrationOfItsOwnAfterTheFirstRemovedTheDevice) {
  RecordingChannel channel;
  const DeviceSession first = online(channel);
  publish(first, "/light/1");
  notify(first, 1, 1);
  EXPECT_EQ(run(cloud->sign_up(account::SignUp(device_id(), "bob:1", now))).error(),
            account::AuthorizationError::held_by_another);
  EXPECT_TRUE(run(cloud->remove_device(user("alice"), device_id())));
  EXPECT_EQ(channel.closed, std::vector{device::Disconnection::deregistered});

  RecordingChannel again;
  const DeviceSession second = online(again, "bob");
  EXPECT_EQ(second.key.registration, first.key.registration + 1);
  EXPECT_EQ(run(cloud->request(user("bob"), retrieval())).error(), CloudError::not_found)
      << "nothing is published yet";
  EXPECT_EQ(run(cloud->device(user("alice"), device_id())).error(), CloudError::not_found);
}

}  // namespace
}  // namespace ocf::cloud
