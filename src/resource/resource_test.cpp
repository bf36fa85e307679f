#include "resource/resource.hpp"

#include "tests/given.hpp"

#include <gtest/gtest.h>

namespace ocf::resource {
namespace {

using account::Owner;
using account::Principal;
using account::Right;
using account::Rights;
using account::Tenant;
using testing::given;
using testing::then;
using Events = std::vector<Resource::Event>;

const device::DeviceKey key(Tenant("default"),
                            DeviceId::parse("00000000-0000-0000-0000-00000000000a").value(), 1);
const Owner alice("alice");
const CorrelationId one("c1"), two("c2");
constexpr device::Epoch epoch = 5;
constexpr Time start{};
constexpr Time due = start + std::chrono::seconds(20);

Issued issued(Principal principal, Rights on_owned = 0, Time now = start) {
  Issued by;
  by.access.principal = std::move(principal);
  by.access.on_owned = on_owned;
  by.subject = {key.tenant, key.device, alice};
  by.now = now;
  return by;
}
Issued user(Rights rights = Right::read | Right::control) {
  return issued(Principal::user(key.tenant, alice), rights);
}
Issued gateway(Time now = start) { return issued(Principal::gateway(key.tenant), 0, now); }
Issued system_at(Time now) { return issued(Principal::system(key.tenant), 0, now); }
Issued stranger() { return issued(Principal::user(key.tenant, Owner("bob")), 0x0f); }

Content content(std::string_view text) { return {60, share(copy_of(as_bytes(text)))}; }

RequestCommand request(Operation operation = Operation::update,
                       std::optional<device::Epoch> channel = epoch) {
  RequestCommand command;
  command.issued = user();
  command.operation = operation;
  command.correlation = one;
  command.content = operation == Operation::retrieve ? Content() : content("on");
  command.valid_until = due;
  command.channel = channel;
  return command;
}
Resource::Event pending(Operation operation = Operation::update, const char* query = "") {
  return CommandPending{operation, one, query, operation == Operation::retrieve ? Content() : content("on"),
                        due};
}
const Resource::Event dispatched = CommandDispatched{one, epoch};
Resource::Event ended(Ending how) { return CommandEnded{one, how}; }

DispatchCommand dispatch(device::Epoch to = epoch, Time now = start) { return {gateway(now), one, to}; }
ConfirmCommand confirm(Status status = Status::changed, Content answer = {}) {
  return {gateway(), one, status, std::move(answer), Bytes{1}, epoch, 3, false};
}
EndCommand end(Ending how, Issued by) { return {std::move(by), one, how}; }
NotifyRepresentation notify(std::string_view text, std::uint64_t sequence = 1, device::Epoch in = epoch) {
  return {gateway(), content(text), Bytes{1}, in, sequence, "", false};
}
Resource::Event updated(std::string_view text, std::uint64_t sequence = 1, device::Epoch in = epoch) {
  return ResourceRepresentationUpdated{content(text), Bytes{1}, in, sequence};
}

// -- A command is asked for

TEST(ResourceRequest, WithAChannelIsPendingAndDispatchedTogether) {
  for (const auto operation :
       {Operation::create, Operation::update, Operation::remove, Operation::retrieve}) {
    EXPECT_EQ(given<Resource>({}).when(request(operation)), then<Resource>({pending(operation), dispatched}));
  }
}

TEST(ResourceRequest, ForAnOfflineDeviceIsRefusedUnlessItMayWait) {
  RequestCommand command = request(Operation::update, std::nullopt);
  EXPECT_EQ(given<Resource>({}).when(command).error(), ResourceError::device_offline);
  command.waits_if_offline = true;
  EXPECT_EQ(given<Resource>({}).when(command), then<Resource>({pending()}));
}

TEST(ResourceRequest, ThatIsKnownDecidesNothing) {
  for (const Events& history :
       {Events{pending()}, Events{pending(), dispatched},
        Events{pending(), CommandAnswered{Operation::update, one, Status::changed, {}}},
        Events{pending(), ended(Ending::expired)}}) {
    EXPECT_EQ(given<Resource>(history).when(request()), then<Resource>({}));
    EXPECT_EQ(given<Resource>(history).when(request(Operation::update, std::nullopt)), then<Resource>({}));
  }
}

TEST(ResourceRequest, AboveTheLimitOfTheDeviceIsRefused) {
  RequestCommand command = request();
  command.pending_on_device = command.pending_on_device_max = 3;
  EXPECT_EQ(given<Resource>({}).when(command).error(), ResourceError::too_many_pending);
  command.pending_on_device = 2;
  EXPECT_EQ(given<Resource>({}).when(command), then<Resource>({pending(), dispatched}));
}

TEST(ResourceRequest, ToASessionThatWasSupersededIsRefused) {
  EXPECT_EQ(given<Resource>({updated("on", 1, epoch + 1)}).when(request()).error(),
            ResourceError::superseded_session);
}

TEST(ResourceRequest, NeedsToReadOrToControl) {
  const auto resource = given<Resource>({});
  const auto by = [](Operation operation, Issued who) {
    RequestCommand command = request(operation);
    command.issued = std::move(who);
    return command;
  };
  const Issued reader = user(static_cast<Rights>(Right::read));
  EXPECT_EQ(resource.when(by(Operation::retrieve, reader)),
            then<Resource>({pending(Operation::retrieve), dispatched}));
  for (const auto operation : {Operation::create, Operation::update, Operation::remove}) {
    EXPECT_EQ(resource.when(by(operation, reader)).error(), ResourceError::permission_denied);
  }
  const Issued controller = user(static_cast<Rights>(Right::control));
  EXPECT_EQ(resource.when(by(Operation::retrieve, controller)).error(), ResourceError::permission_denied);
  EXPECT_EQ(resource.when(by(Operation::update, controller)), then<Resource>({pending(), dispatched}));
  EXPECT_EQ(resource.when(by(Operation::update, stranger())).error(), ResourceError::permission_denied);
}

// -- It is dispatched

TEST(ResourceDispatch, HappensOnce) {
  EXPECT_EQ(given<Resource>({pending()}).when(dispatch()), then<Resource>({dispatched}));
  EXPECT_EQ(given<Resource>({pending(), dispatched}).when(dispatch()), then<Resource>({}));
  EXPECT_EQ(given<Resource>({pending(), dispatched}).when(dispatch(epoch + 1)).error(),
            ResourceError::unknown_command);
}

TEST(ResourceDispatch, NeedsACommandThatWaits) {
  EXPECT_EQ(given<Resource>({}).when(dispatch()).error(), ResourceError::unknown_command);
  EXPECT_EQ(given<Resource>({pending(), ended(Ending::canceled)}).when(dispatch()).error(),
            ResourceError::unknown_command);
}

TEST(ResourceDispatch, IsTooLateOnceTheTimeRanOut) {
  EXPECT_EQ(given<Resource>({pending()}).when(dispatch(epoch, due)).error(), ResourceError::command_expired);
  EXPECT_EQ(given<Resource>({pending()}).when(dispatch(epoch, due - std::chrono::milliseconds(1))),
            then<Resource>({dispatched}));
}

// -- It is answered

TEST(ResourceConfirm, AnswersWithTheDevicesOwnAnswer) {
  EXPECT_EQ(given<Resource>({pending(), dispatched}).when(confirm(Status::forbidden, content("no"))),
            then<Resource>({CommandAnswered{Operation::update, one, Status::forbidden, content("no")}}));
}

TEST(ResourceConfirm, OfARetrievalAlsoUpdatesTheRepresentation) {
  EXPECT_EQ(given<Resource>({pending(Operation::retrieve), dispatched})
                .when(confirm(Status::content, content("on"))),
            then<Resource>({CommandAnswered{Operation::retrieve, one, Status::content, content("on")},
                            updated("on", 3)}));
}

TEST(ResourceConfirm, LeavesTheRepresentationWhereTheAnswerIsNone) {
  const auto answered = [](Operation operation, Status status, Content answer) {
    return then<Resource>({CommandAnswered{operation, one, status, std::move(answer)}});
  };
  const Events retrieval{pending(Operation::retrieve), dispatched};
  EXPECT_EQ(given<Resource>(retrieval).when(confirm(Status::not_found, content("x"))),
            answered(Operation::retrieve, Status::not_found, content("x")));
  EXPECT_EQ(given<Resource>(retrieval).when(confirm(Status::content)),
            answered(Operation::retrieve, Status::content, {}));
  EXPECT_EQ(given<Resource>({pending(Operation::retrieve, "if=oic.if.b"), dispatched})
                .when(confirm(Status::content, content("on"))),
            answered(Operation::retrieve, Status::content, content("on")));
  EXPECT_EQ(given<Resource>({pending(), dispatched}).when(confirm(Status::content, content("on"))),
            answered(Operation::update, Status::content, content("on")));
  EXPECT_EQ(given<Resource>({updated("on"), pending(Operation::retrieve), dispatched})
                .when(confirm(Status::content, content("on"))),
            answered(Operation::retrieve, Status::content, content("on")));
}

TEST(ResourceConfirm, NeedsTheCommandAndItsSession) {
  EXPECT_EQ(given<Resource>({}).when(confirm()).error(), ResourceError::unknown_command);
  EXPECT_EQ(given<Resource>({pending()}).when(confirm()).error(), ResourceError::unknown_command);
  EXPECT_EQ(given<Resource>({pending(), dispatched, ended(Ending::expired)}).when(confirm()).error(),
            ResourceError::unknown_command);
  EXPECT_EQ(given<Resource>({pending(), CommandDispatched{one, epoch + 1}}).when(confirm()).error(),
            ResourceError::superseded_session);
  EXPECT_EQ(given<Resource>({pending(), dispatched, updated("on", 1, epoch + 1)}).when(confirm()).error(),
            ResourceError::superseded_session);
}

// -- It ends without an answer

TEST(ResourceEnd, HappensOnceAndSaysHow) {
  for (const Events& history : {Events{pending()}, Events{pending(), dispatched}}) {
    const auto resource = given<Resource>(history);
    EXPECT_EQ(resource.when(end(Ending::canceled, user())), then<Resource>({ended(Ending::canceled)}));
    EXPECT_EQ(resource.when(end(Ending::expired, system_at(due))), then<Resource>({ended(Ending::expired)}));
    EXPECT_EQ(resource.when(end(Ending::outcome_unknown, gateway())),
              then<Resource>({ended(Ending::outcome_unknown)}));
  }
  const auto over = given<Resource>({pending(), ended(Ending::canceled)});
  EXPECT_EQ(over.when(end(Ending::canceled, user())).error(), ResourceError::unknown_command);
  EXPECT_EQ(over.when(end(Ending::expired, system_at(due))).error(), ResourceError::unknown_command);
}

TEST(ResourceEnd, DoesNotExpireBeforeItsTime) {
  const auto resource = given<Resource>({pending(), dispatched});
  EXPECT_EQ(resource.when(end(Ending::expired, system_at(due - std::chrono::milliseconds(1)))),
            then<Resource>({}));
}

TEST(ResourceEnd, BelongsToWhoeverMaySayItSo) {
  const auto resource = given<Resource>({pending(), dispatched});
  const auto denied = [&](Ending how, Issued by) {
    return resource.when(end(how, std::move(by))).error() == ResourceError::permission_denied;
  };
  EXPECT_TRUE(denied(Ending::canceled, user(static_cast<Rights>(Right::read))));
  EXPECT_TRUE(denied(Ending::canceled, stranger()));
  EXPECT_TRUE(denied(Ending::expired, user(0x0f)));
  EXPECT_TRUE(denied(Ending::expired, gateway(due)));
  EXPECT_TRUE(denied(Ending::outcome_unknown, user()));
  EXPECT_FALSE(denied(Ending::outcome_unknown, system_at(start)));
  EXPECT_TRUE(denied(Ending::expired, issued(Principal::system(Tenant("other")), 0, due)));
}

// -- The device notifies

TEST(ResourceNotify, RecordsEveryChange) {
  EXPECT_EQ(given<Resource>({}).when(notify("on")), then<Resource>({updated("on")}));
  EXPECT_EQ(given<Resource>({updated("on")}).when(notify("off", 2)), then<Resource>({updated("off", 2)}));
}

TEST(ResourceNotify, OfWhatIsKnownDecidesNothing) {
  const auto resource = given<Resource>({updated("on")});
  EXPECT_EQ(resource.when(notify("on", 2)), then<Resource>({}));
  EXPECT_EQ(resource.when(notify("on", 1, epoch + 2)), then<Resource>({}));
}

TEST(ResourceNotify, IsAChangeIfOnlyTheEtagOrTheFormatIsNew) {
  const auto resource = given<Resource>({updated("on")});
  NotifyRepresentation other_etag = notify("on", 2);
  other_etag.etag = {2};
  EXPECT_NE(resource.when(other_etag), then<Resource>({}));
  NotifyRepresentation other_format = notify("on", 2);
  other_format.content.format = 50;
  EXPECT_NE(resource.when(other_format), then<Resource>({}));
}

TEST(ResourceNotify, RecordsAnewWhatTheShadowLost) {
  NotifyRepresentation again = notify("on", 2);
  again.anew = true;
  EXPECT_EQ(given<Resource>({updated("on")}).when(again), then<Resource>({updated("on", 2)}));
  ConfirmCommand read = confirm(Status::content, content("on"));
  read.anew = true;
  EXPECT_EQ(given<Resource>({updated("on"), pending(Operation::retrieve), dispatched}).when(read),
            then<Resource>({CommandAnswered{Operation::retrieve, one, Status::content, content("on")},
                            updated("on", 3)}));
}

TEST(ResourceNotify, IsRecordedOnceHoweverOftenItsStoringIsTried) {
  NotifyRepresentation again = notify("on", 2);
  again.anew = true;
  EXPECT_EQ(given<Resource>({updated("on", 2)}).when(again), then<Resource>({}));
}

TEST(ResourceNotify, OfAnOlderSessionIsRefused) {
  EXPECT_EQ(given<Resource>({updated("on", 1, epoch + 1)}).when(notify("off", 9)).error(),
            ResourceError::superseded_session);
}

TEST(ResourceNotify, ThatIsLateIsRecordedAndChangesNothing) {
  const auto resource = given<Resource>({updated("on", 7)});
  EXPECT_EQ(resource.when(notify("off", 6)), then<Resource>({updated("off", 6)}));
  EXPECT_EQ(testing::fold<Resource>({updated("off", 6)}, resource.state), resource.state);
  EXPECT_EQ(testing::fold<Resource>({updated("off", 9, epoch - 1)}, resource.state), resource.state);
  EXPECT_NE(testing::fold<Resource>({updated("off", 1, epoch + 1)}, resource.state), resource.state);
}

TEST(ResourceNotify, ThatIsInvalidIsRecordedWithItsReason) {
  NotifyRepresentation invalid = notify("\xff\xff", 2);
  invalid.invalid = "not CBOR";
  const auto resource = given<Resource>({updated("on")});
  EXPECT_EQ(resource.when(invalid), then<Resource>({NotificationRejected{"not CBOR", 2}}));
  EXPECT_EQ(testing::fold<Resource>({NotificationRejected{"not CBOR", 2}}, resource.state), resource.state);
}

TEST(Resource, BelievesOnlyWhoMayHostTheDevice) {
  const auto resource = given<Resource>({pending(), dispatched});
  DispatchCommand dispatch_by = dispatch();
  ConfirmCommand confirm_by = confirm();
  NotifyRepresentation notify_by = notify("on");
  dispatch_by.issued = confirm_by.issued = notify_by.issued = user();
  EXPECT_EQ(resource.when(dispatch_by).error(), ResourceError::permission_denied);
  EXPECT_EQ(resource.when(confirm_by).error(), ResourceError::permission_denied);
  EXPECT_EQ(resource.when(notify_by).error(), ResourceError::permission_denied);
}

TEST(Resource, RemembersTheLastCommandsThatEnded) {
  Events history;
  for (std::size_t i = 0; i <= ended_kept_max; ++i) {
    history.push_back(CommandEnded{CorrelationId(std::to_string(i)), Ending::expired});
  }
  const auto state = testing::fold<Resource>(history);
  EXPECT_EQ(state.ended.size(), ended_kept_max);
  EXPECT_EQ(state.ended.front(), CorrelationId("1"));
}

TEST(Resource, FoldsAlikeFromAnyPrefixAndEndsEachCommandOnce) {
  const auto command = [](const Resource::State& state, std::mt19937& random) -> Resource::Command {
    const CorrelationId correlation(std::to_string(random() % 12));
    const Time now = start + std::chrono::seconds(random() % 40);
    const device::Epoch to = state.epoch + random() % 2 + 1;
    switch (random() % 6) {
      case 0:
        return EndCommand{system_at(now), correlation,
                          random() % 2 == 0 ? Ending::expired : Ending::outcome_unknown};
      case 1: return DispatchCommand{gateway(now), correlation, to};
      case 2:
        return NotifyRepresentation{
            gateway(), content(std::to_string(random() % 3)), {}, to, random() % 9, "", false};
      case 3:
      case 4: {
        if (state.waiting.empty()) break;
        const auto& waiting = state.waiting.front();
        return ConfirmCommand{
            gateway(), waiting.correlation, Status::content, content("x"), {}, waiting.dispatched_to, 1,
            false};
      }
      default: break;
    }
    RequestCommand asked = request(Operation::retrieve, to);
    asked.correlation = correlation;
    if (random() % 2 == 0) asked.channel.reset();
    asked.waits_if_offline = true;
    return asked;
  };
  const auto history = testing::random_history<Resource>(4, 300, command);
  EXPECT_TRUE(testing::folds_alike<Resource>(history));
  std::map<CorrelationId, int> endings;
  for (const auto& event : history) {
    if (const auto* answered = std::get_if<CommandAnswered>(&event)) ++endings[answered->correlation];
    if (const auto* over = std::get_if<CommandEnded>(&event)) ++endings[over->correlation];
  }
  EXPECT_GT(endings.size(), 5u);
  for (const auto& [correlation, count] : endings) EXPECT_EQ(count, 1) << correlation;
}

}  // namespace
}  // namespace ocf::resource
