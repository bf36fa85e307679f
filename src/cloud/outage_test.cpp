// What the cloud makes of a store that is slow, away, or does not say what it stored.
#include "cloud/test_cloud.hpp"

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <algorithm>

namespace ocf::cloud {
namespace {

using Asked = Channel::Asked;

// A disk that fails a sync: the append is there in the end, but nobody can know before the disk is well.
class FailingStore final : public es::EventStore {
 public:
  explicit FailingStore(es::EventStore& store) : store_(store) {}

  es::Partition partitions() const override { return store_.partitions(); }
  es::awaitable<Result<std::vector<es::RecordedEvent>>> read(es::StreamId stream,
                                                             es::Version after) override {
    const auto executor = co_await boost::asio::this_coro::executor;
    if (reads_slowly) co_await boost::asio::post(executor, boost::asio::use_awaitable);
    auto events = co_await store_.read(std::move(stream), after);
    if (events)
      std::erase_if(*events, [this](const es::RecordedEvent& event) { return hidden(event.event.id); });
    co_return events;
  }
  es::awaitable<Result<es::EventBatch>> append(es::Append append) override {
    ++appends;
    under_way_max = std::max(under_way_max, ++under_way_);
    const auto executor = co_await boost::asio::this_coro::executor;
    co_await boost::asio::post(executor, boost::asio::use_awaitable);
    --under_way_;
    const bool is_spared = !failing_type.empty() && append.events.front().type != failing_type;
    if (!is_failing || is_spared) co_return co_await store_.append(std::move(append));
    if (std::exchange(is_away_, true)) co_return es::StoreError::unavailable;
    for (const es::NewEvent& event : append.events) lost_.push_back(event.id);
    (void)co_await store_.append(std::move(append));
    co_return es::StoreError::outcome_unknown;
  }
  es::awaitable<Result<void>> trim(es::Trim trim) override { return store_.trim(std::move(trim)); }
  es::awaitable<Result<es::LogSlice>> read_partition(es::Partition partition, es::Offset from,
                                                     std::size_t limit) override {
    if (is_log_away) co_return es::StoreError::unavailable;
    co_return co_await store_.read_partition(partition, from, limit);
  }
  void heal() { is_failing = is_away_ = false; }
  void leave() { is_failing = is_away_ = true; }  // nothing is left unknown

  bool is_failing = false;
  std::string failing_type;  // only these appends; empty: all
  bool is_log_away = false, reads_slowly = false;
  std::size_t appends = 0, under_way_max = 0;

 private:
  bool hidden(const es::EventId& id) const {
    return is_failing && std::find(lost_.begin(), lost_.end(), id) != lost_.end();
  }

  es::EventStore& store_;
  std::vector<es::EventId> lost_;
  bool is_away_ = false;
  std::size_t under_way_ = 0;
};

class CloudOutage : public TestCloud {
 protected:
  CloudOutage() { restart(); }
  ~CloudOutage() override {
    failing.heal();
    run_void(cloud->stop());
    settle();
    crashed.push_back(std::move(cloud));
    make_cloud();
  }

  // As after a crash.
  void restart() {
    run_void(cloud->stop_background());
    crashed.push_back(std::move(cloud));
    cloud = std::make_unique<Cloud>(
        Cloud::Parts{announcing, bus, authorization, limits, [this] { return now; }, "hub"});
    EXPECT_TRUE(run(cloud->start()));
  }
  static Request update(std::uint8_t value) {
    Request request(device_id(), Href("/light/1"), resource::Operation::update);
    request.content = content(value);
    return request;
  }
  static Request patient_update(std::uint8_t value) {
    Request request = update(value);
    request.time_to_live = std::chrono::hours(1);
    return request;
  }
  // Of the command that an offline device does not know of.
  void store_unsaid(const DeviceSession& session, const es::CorrelationId& correlation) {
    const resource::CommandPending pending{resource::Operation::update, correlation, "", content(7),
                                           now + std::chrono::hours(1)};
    es::EncodedEvent encoded = resource::Resource::encode(pending);
    es::NewEvent event;
    event.id = es::EventId("foreign");
    event.type = std::move(encoded.type);
    event.data = std::move(encoded.data);
    event.time = now;
    event.audit.owner = "alice";
    event.audit.correlation = correlation;
    es::Append append(resource::stream_of(session.key, Href("/light/2")), 0,
                      std::vector<es::NewEvent>(1, event));
    ASSERT_TRUE(run(memory.append(std::move(append))));
  }
  resource::Content known() {
    Request request(device_id(), Href("/light/1"), resource::Operation::retrieve);
    const auto answer = run(cloud->request(user("alice"), std::move(request)));
    EXPECT_TRUE(answer);
    return answer ? answer->content : resource::Content();
  }
  std::string last_of_device() {
    return run(cloud->history(user("alice"), device_id(), std::nullopt)).value().events.back().event.type;
  }

  FailingStore failing{memory};
  es::AnnouncingStore announcing{failing, bus};
};

TEST_F(CloudOutage, DoesNotTakeANewWordForTheOldOneBeforeItKnowsWhatIsStored) {
  RecordingChannel channel;
  const DeviceSession session = online(channel);
  publish(session, "/light/1");
  ASSERT_TRUE(notify(session, 0, 1));
  failing.is_failing = true;
  EXPECT_EQ(notify(session, 1, 2).error(), es::StoreError::outcome_unknown);
  EXPECT_EQ(notify(session, 0, 3).error(), es::StoreError::unavailable) << "as it was, if 1 is not stored";
  failing.heal();
  EXPECT_TRUE(notify(session, 0, 3));
  EXPECT_EQ(types(), std::vector<std::string>(3, "ResourceRepresentationUpdated"));
  EXPECT_EQ(known(), content(0));
}

TEST_F(CloudOutage, LearnsOfWhatWasStoredAfterAllAlthoughNobodySaysMore) {
  RecordingChannel channel;
  const DeviceSession session = online(channel);
  publish(session, "/light/1");
  ASSERT_TRUE(notify(session, 0, 1));
  failing.is_failing = true;
  EXPECT_EQ(notify(session, 1, 2).error(), es::StoreError::outcome_unknown);
  sweep();
  EXPECT_EQ(known(), content(0));
  failing.heal();
  sweep();
  EXPECT_EQ(known(), content(1));
}

TEST_F(CloudOutage, EndsACommandThatWasStoredAfterAll) {
  RecordingChannel channel;
  channel.state = Asked::nothing;
  publish(online(channel), "/light/1");
  failing.is_failing = true;
  EXPECT_EQ(run(cloud->request(user("alice"), update(7))).error(), es::StoreError::outcome_unknown);
  failing.heal();
  sweep();
  now += limits.command_time;
  sweep();
  EXPECT_EQ(types(),
            (std::vector<std::string>{"ResourceUpdatePending", "CommandDispatched", "CommandExpired"}));
  EXPECT_TRUE(channel.offered.empty());
  EXPECT_TRUE(channel.closed.empty()) << "the device was not asked";
}

TEST_F(CloudOutage, EndsASessionWhoseSignInWasStoredAfterAll) {
  for (const bool is_another_open : {false, true}) {
    RecordingChannel before, refused;
    const DeviceSession session = online(before);
    if (!is_another_open) run_void(cloud->disconnect(session, device::Disconnection::closed));
    failing.is_failing = true;
    SignIn request(device_id(), "alice/" + device_id().text());
    EXPECT_EQ(run(cloud->sign_in(std::move(request), refused)).error(), es::StoreError::outcome_unknown);
    sweep();
    failing.heal();
    sweep();
    EXPECT_FALSE(run(cloud->device(user("alice"), device_id()))->online);
    EXPECT_EQ(last_of_device(), "DeviceDisconnected");
    EXPECT_EQ(before.closed.size(), is_another_open ? 1u : 0u) << "its words are refused since";
    run_void(cloud->disconnect(session, device::Disconnection::superseded));
  }
}

// In every order in which the steps of both may come.
TEST_F(CloudOutage, SendsACommandThatComesWhileItsDeviceSignsIn) {
  RecordingChannel first;
  DeviceSession session = online(first);
  publish(session, "/light/1");
  for (const bool is_sign_in_first : {true, false}) {
    for (int steps_between = 0; steps_between < 20; ++steps_between) {
      run_void(cloud->disconnect(session, device::Disconnection::closed));
      settle();
      RecordingChannel channel;
      std::optional<Result<DeviceSession>> signed_in;
      std::optional<Result<Answer>> answer;
      const auto sign_in = [&] {
        SignIn request(device_id(), "alice/" + device_id().text());
        begin(cloud->sign_in(std::move(request), channel), signed_in);
      };
      loop.restart();
      if (is_sign_in_first) sign_in();
      if (!is_sign_in_first) begin(cloud->request(user("alice"), patient_update(7)), answer);
      for (int step = 0; step < steps_between; ++step) loop.poll_one();
      if (!is_sign_in_first) sign_in();
      if (is_sign_in_first) begin(cloud->request(user("alice"), patient_update(7)), answer);
      settle();
      ASSERT_TRUE(signed_in && *signed_in);
      session = **signed_in;
      ASSERT_EQ(channel.offered.size(), 1u) << is_sign_in_first << ' ' << steps_between;
      ASSERT_TRUE(confirm(session, channel.offered.front()));
      settle();
      ASSERT_TRUE(answer && *answer);
    }
  }
}

TEST_F(CloudOutage, SendsOnceWhatItCouldNotDispatchWhenTheDeviceCame) {
  RecordingChannel before, channel;
  const DeviceSession session = online(before);
  publish(session, "/light/1");
  run_void(cloud->disconnect(session, device::Disconnection::closed));
  std::optional<Result<Answer>> first, second;
  begin(cloud->request(user("alice"), patient_update(7)), first);
  begin(cloud->request(user("alice"), patient_update(8)), second);
  settle();
  failing.is_failing = true;
  failing.failing_type = "CommandDispatched";  // of the first nobody knows whether it is stored
  const DeviceSession now_here = sign_in(channel);
  EXPECT_TRUE(channel.offered.empty());
  failing.heal();
  sweep();
  sweep();
  ASSERT_EQ(channel.offered.size(), 2u);
  for (const Dispatch& dispatch : std::vector<Dispatch>(channel.offered))
    EXPECT_TRUE(confirm(now_here, dispatch));
  settle();
  EXPECT_TRUE(first && *first && second && *second);
}

TEST_F(CloudOutage, SendsACommandThatItHadMissedWhenTheDeviceCame) {
  RecordingChannel before, channel;
  const DeviceSession session = online(before);
  publish(session, "/light/1");
  run_void(cloud->disconnect(session, device::Disconnection::closed));
  store_unsaid(session, es::CorrelationId("unsaid"));
  sign_in(channel);
  sweep();
  ASSERT_EQ(channel.offered.size(), 1u);
  EXPECT_EQ(channel.offered.front().correlation, es::CorrelationId("unsaid"));
}

TEST_F(CloudOutage, SendsACommandThatWasStoredAfterAllToADeviceThatCameMeanwhile) {
  RecordingChannel before, channel;
  const DeviceSession session = online(before);
  publish(session, "/light/1");
  run_void(cloud->disconnect(session, device::Disconnection::closed));
  failing.is_failing = true;
  failing.failing_type = "ResourceUpdatePending";
  EXPECT_EQ(run(cloud->request(user("alice"), patient_update(7))).error(), es::StoreError::outcome_unknown);
  sign_in(channel);
  EXPECT_TRUE(channel.offered.empty());
  failing.heal();
  sweep();
  EXPECT_EQ(channel.offered.size(), 1u);
}

TEST_F(CloudOutage, TriesNotWithEachSweepToStoreThatASessionEnded) {
  RecordingChannel channel;
  const DeviceSession session = online(channel);
  failing.leave();
  run_void(cloud->disconnect(session, device::Disconnection::closed));
  failing.appends = 0;
  sweep();
  EXPECT_EQ(failing.appends, 1u);
  sweep();
  EXPECT_EQ(failing.appends, 1u);
}

TEST_F(CloudOutage, ReadsTheLogAgainIfItCouldNotWhenTheBusMissedSomething) {
  RecordingChannel channel;
  const DeviceSession session = online(channel);
  publish(session, "/light/1");
  ASSERT_TRUE(notify(session, 1, 1));
  store_unsaid(session, es::CorrelationId("unsaid"));
  failing.is_log_away = true;
  EXPECT_TRUE(notify(session, 2, 2));
  sweep();
  EXPECT_EQ(known(), content(1));
  failing.is_log_away = false;
  sweep();
  EXPECT_EQ(known(), content(2));
}

TEST_F(CloudOutage, DoesNotCloseADeviceWhoseAnswerItCannotStore) {
  RecordingChannel channel;
  const DeviceSession session = online(channel);
  publish(session, "/light/1");
  std::optional<Result<Answer>> answer;
  begin(cloud->request(user("alice"), update(7)), answer);
  settle();
  ASSERT_EQ(channel.offered.size(), 1u);
  failing.is_failing = true;
  now += limits.command_time;
  sweep();
  EXPECT_TRUE(channel.closed.empty()) << "the end of the command is not stored";
  channel.state = Asked::answered;
  failing.heal();
  sweep();
  channel.state = Asked::nothing;
  sweep();
  EXPECT_TRUE(channel.closed.empty());
  settle();
  EXPECT_TRUE(answer);
}

TEST_F(CloudOutage, LeavesACommandToTheAnswerThatIsAboutToBeStored) {
  RecordingChannel channel;
  const DeviceSession session = online(channel);
  publish(session, "/light/1");
  std::optional<Result<Answer>> answer;
  begin(cloud->request(user("alice"), update(7)), answer);
  settle();
  channel.state = Asked::answered;
  now += limits.command_time;
  sweep();
  EXPECT_TRUE(confirm(session, channel.offered.at(0)));
  settle();
  EXPECT_TRUE(answer && *answer);
  EXPECT_EQ(types().back(), "ResourceUpdated");
}

// A sign-up that is repeated, while the device is removed and another owner signs it up: in every order.
TEST_F(CloudOutage, RegistersADeviceForWhoeverHoldsItThen) {
  const account::Tenant tenant("default");
  const auto sign_up = [this](const std::string& owner) {
    account::SignUp request(device_id(), owner + ":1", now);
    return cloud->sign_up(std::move(request));
  };
  for (int steps = 0; steps < 12; ++steps) {
    (void)run(sign_up("alice"));
    restart();
    failing.reads_slowly = true;
    std::optional<Result<void>> removed;
    std::optional<Result<account::SignedUp>> again, other;
    begin(cloud->remove_device(user("alice"), device_id()), removed);
    begin(sign_up("alice"), again);
    loop.restart();
    for (int step = 0; step < steps; ++step) loop.poll_one();
    begin(sign_up("bob"), other);
    settle();
    ASSERT_TRUE(removed && again && other);
    for (const char* owner : {"alice", "bob"}) (void)run(cloud->remove_device(user(owner), device_id()));
    failing.reads_slowly = false;
  }
  std::size_t claims = 0;
  const es::StreamId holders = account::Holder::stream(tenant, device_id());
  for (const es::RecordedEvent& recorded : run(memory.read(holders, 0)).value()) {
    if (recorded.event.type != "DeviceClaimed") continue;
    const device::DeviceKey key(tenant, device_id(), ++claims);
    for (const es::RecordedEvent& told : run(memory.read(key.stream(device::stream_name), 0)).value())
      EXPECT_EQ(told.event.audit.owner, recorded.event.audit.owner) << claims << ' ' << told.event.type;
  }
  EXPECT_GT(claims, 12u);
}

TEST_F(CloudOutage, EndsManySessionsAtOnce) {
  constexpr char ends[] = "0123456789abcdef";
  std::vector<DeviceId> devices;
  for (const char first : ends) {
    if (first == 0) break;
    for (const char second : std::string(ends)) {
      std::string text = device_id(second).text();
      text[text.size() - 2] = first;
      devices.push_back(DeviceId::parse(text).value());
    }
  }
  std::vector<RecordingChannel> channels(devices.size() + 1);
  for (std::size_t index = 0; index < devices.size(); ++index)
    online(channels[index], "alice", devices[index]);
  const DeviceId one_more = DeviceId::parse("128acc3a-d1a5-4246-79cd-2876cfc55911").value();
  online(channels.back(), "alice", one_more);
  failing.under_way_max = 0;
  restart();
  EXPECT_EQ(failing.under_way_max, 256u) << "they share a sync";
  for (const directory::DeviceView& device : run(cloud->devices(user("alice"))).value())
    EXPECT_FALSE(device.online);
}

TEST_F(CloudOutage, CountsCommandsThatComeTogether) {
  RecordingChannel channel;
  const DeviceSession session = online(channel);
  publish(session, "/light/1");
  run_void(cloud->disconnect(session, device::Disconnection::closed));
  limits.pending_commands_per_device_max = 3;
  std::vector<std::optional<Result<Answer>>> answers(10);
  for (auto& answer : answers) {
    Request patient = update(8);
    patient.time_to_live = std::chrono::seconds(60);
    begin(cloud->request(user("alice"), std::move(patient)), answer);
  }
  settle();
  std::size_t refused = 0;
  for (const auto& answer : answers) refused += answer.has_value();
  EXPECT_EQ(refused, 7u);
  EXPECT_EQ(cloud->levels().commands_pending, 3u);
  now += std::chrono::seconds(60);
  sweep();
  EXPECT_EQ(answers.back()->error(), resource::ResourceError::too_many_pending);
  for (const auto& answer : answers) EXPECT_TRUE(answer);
}

}  // namespace
}  // namespace ocf::cloud
