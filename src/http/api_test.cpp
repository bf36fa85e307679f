#include "http/hub_for_tests.hpp"
#include "http/routes.hpp"

#include <boost/asio/detached.hpp>
#include <boost/json/parse.hpp>

namespace ocf::http {
namespace {

namespace json = boost::json;

constexpr std::string_view power_on = "a165706f776572f5";   // {"power": true}
constexpr std::string_view power_off = "a165706f776572f4";  // {"power": false}

class HttpApi : public HubForTests {
 protected:
  // The JSON of a response that must have this status.
  json::value body(const Response& response, unsigned status = 200) {
    EXPECT_EQ(response.status, status) << response.body;
    boost::system::error_code error;
    json::value value = json::parse(response.body, error);
    EXPECT_FALSE(error) << response.body;
    return value;
  }
  std::string reason(const Response& response, unsigned status) {
    EXPECT_EQ(response.field("Content-Type"), "application/problem+json");
    const json::value value = body(response, status);
    return std::string(value.at("reason").as_string());
  }
  static std::string path(const Device& device, std::string_view rest = "") {
    return "/api/v1/devices/" + device.id.text() + std::string(rest);
  }
};

TEST_F(HttpApi, ListsTheDevicesOfTheCallerAndOfNobodyElse) {
  Device& lamp = add_device("alice", {link("/light/1")});
  add_device("bob", {});
  const json::value listed = body(get("/api/v1/devices"));
  ASSERT_EQ(listed.at("devices").as_array().size(), 1u);
  const json::value& device = listed.at("devices").at(0);
  EXPECT_EQ(device.at("di"), json::value(lamp.id.text()));
  EXPECT_EQ(device.at("name"), "Lamp");
  EXPECT_EQ(device.at("owner"), "alice");
  EXPECT_EQ(device.at("online"), true);
  EXPECT_EQ(device.at("since"), "2026-11-22T19:59:52.123Z");
  EXPECT_EQ(device.at("links"), 2);  // and its status resource
  EXPECT_EQ(body(get("/api/v1/devices", "carol")), json::parse(R"({"devices":[]})"));
}

TEST_F(HttpApi, ShowsADeviceWithItsLinks) {
  Device& lamp = add_device("alice", {link("/light/1")});
  now += std::chrono::seconds(1);
  lamp.disconnect();
  const json::value device = body(get(path(lamp)));
  EXPECT_EQ(device.at("online"), false);
  EXPECT_EQ(device.at("since"), "2026-11-22T19:59:53.123Z");
  ASSERT_EQ(device.at("links").as_array().size(), 2u);
  EXPECT_EQ(device.at("links").at(0).at("href"), "/light/1");
  EXPECT_EQ(device.at("links").at(0).at("p").at("bm"), 3);
  EXPECT_EQ(device.at("links").at(1).at("href"), "/oic/cloud/s");
}

TEST_F(HttpApi, ShowsAForeignDeviceExactlyLikeOneThatDoesNotExist) {
  Device& lamp = add_device("alice", {link("/light/1")});
  const std::string unknown = "/api/v1/devices/ffffffff-ffff-ffff-ffff-ffffffffffff";
  for (const char* rest : {"", "/resources", "/resources/light/1", "/history", "/history?href=/light/1"}) {
    const Response foreign = get(path(lamp, rest), "bob"), none = get(unknown + rest, "bob");
    EXPECT_EQ(reason(foreign, 404), "not_found") << rest;
    EXPECT_EQ(foreign.body, none.body) << rest;
  }
  EXPECT_EQ(reason(answer(request("DELETE", path(lamp), "bob")), 404), "not_found");
}

TEST_F(HttpApi, TellsWhyADeviceWasRefusedSinceItWasRegistered) {
  Device& lamp = add_device("alice", {});
  device::Refusal refusal{
      now, {device::Stage::sign_in, device::Cause::bad_token}, "192.0.2.7:1", lamp.id, "No.", "", 1, {}, ""};
  cloud.refusals().record(refusal);
  refusal.time += std::chrono::seconds(1);
  cloud.refusals().record(refusal);
  refusal.time = now - std::chrono::milliseconds(1);
  refusal.reason = "Not yet.";
  cloud.refusals().record(refusal);
  refusal.reason = "No.";
  EXPECT_EQ(get(path(lamp, "/refusals")).body,
            R"({"refusals":[{"time":"2026-11-22T19:59:53.123Z","count":2,"since":"2026-11-22T19:59:52.123Z",)"
            R"("stage":"sign_in","peer":"192.0.2.7:1","device":")" +
                lamp.id.text() + R"(","reason":"No.","advice":")" + std::string(advice(refusal.fault)) +
                R"("}]})");
  EXPECT_EQ(reason(get(path(lamp, "/refusals"), "bob"), 404), "not_found");
}

TEST_F(HttpApi, RemovesADevice) {
  Device& lamp = add_device("alice", {link("/light/1")});
  const Response removed = answer(request("DELETE", path(lamp)));
  EXPECT_EQ(removed.status, 204u);
  EXPECT_EQ(removed.body, "");
  EXPECT_EQ(get(path(lamp)).status, 404u);
}

TEST_F(HttpApi, ListsResourcesWithWhatTheShadowKnows) {
  Device& lamp = add_device("alice", {link("/light/1"), link("/light/2")});
  lamp.notify("/light/1", cbor(power_on), {0x0a});
  const json::value listed = body(get(path(lamp, "/resources")));
  const json::array& resources = listed.at("resources").as_array();
  ASSERT_EQ(resources.size(), 3u);
  EXPECT_EQ(resources[0].at("href"), "/light/1");
  EXPECT_EQ(resources[0].at("content"), json::parse(R"({"power":true})"));
  EXPECT_EQ(resources[0].at("etag"), "0a");
  EXPECT_EQ(resources[1].at("href"), "/light/2");
  EXPECT_FALSE(resources[1].as_object().contains("content"));
  EXPECT_EQ(resources[2].at("content"), json::parse(R"({"online":true})"));
}

TEST_F(HttpApi, AnswersFromTheShadowAndSaysSo) {
  Device& lamp = add_device("alice", {link("/light/1")});
  lamp.notify("/light/1", cbor(power_on), {0x0a, 0xff});
  lamp.disconnect();
  now += std::chrono::hours(1);
  const Response response = get(path(lamp, "/resources/light/1"));
  EXPECT_EQ(body(response), json::parse(R"({"power":true})"));
  EXPECT_EQ(response.field("Content-Type"), "application/json");
  EXPECT_EQ(response.field("ETag"), "\"0aff\"");
  EXPECT_EQ(response.field("OCF-Source"), "shadow");
  EXPECT_EQ(response.field("OCF-Online"), "false");
  EXPECT_EQ(response.field("OCF-Time"), "2026-11-22T19:59:52.123Z");
  EXPECT_EQ(response.field("Correlation-ID"), std::nullopt);
  EXPECT_TRUE(lamp.offered.empty());
}

TEST_F(HttpApi, DoesNotRepeatWhatTheCallerHas) {
  Device& lamp = add_device("alice", {link("/light/1")});
  lamp.notify("/light/1", cbor(power_on), {0x0a});
  Request again = request("GET", path(lamp, "/resources/light/1"));
  again.fields.push_back({"If-None-Match", "\"0a\""});
  const Response response = answer(again);
  EXPECT_EQ(response.status, 304u);
  EXPECT_EQ(response.body, "");
  again.fields.back().value = "\"0b\"";
  EXPECT_EQ(answer(again).status, 200u);
}

TEST_F(HttpApi, AsksTheDeviceWhenToldToOrForAnotherInterface) {
  Device& lamp = add_device("alice", {link("/light/1")});
  lamp.notify("/light/1", cbor(power_on));
  lamp.status = resource::Status::content;
  lamp.content = cbor(power_off);
  for (const char* query : {"?live=true", "?if=oic.if.baseline"}) {
    const Response response = get(path(lamp, "/resources/light/1") + query);
    EXPECT_EQ(body(response), json::parse(R"({"power":false})"));
    EXPECT_EQ(response.field("OCF-Source"), "device");
    EXPECT_EQ(response.field("OCF-Online"), "true");
    EXPECT_NE(response.field("Correlation-ID"), std::nullopt);
  }
  ASSERT_EQ(lamp.offered.size(), 2u);
  EXPECT_EQ(lamp.offered[0].query, "");
  EXPECT_EQ(lamp.offered[1].query, "if=oic.if.baseline");
}

TEST_F(HttpApi, UpdatesAResourceAndAnswersWithTheDevicesOwnWords) {
  Device& lamp = add_device("alice", {link("/light/1")});
  lamp.content = cbor(power_on);
  const Response response = put(path(lamp, "/resources/light/1?if=oic.if.a"), R"({"power":true})");
  EXPECT_EQ(body(response), json::parse(R"({"power":true})"));
  ASSERT_EQ(lamp.offered.size(), 1u);
  EXPECT_EQ(lamp.offered[0].operation, resource::Operation::update);
  EXPECT_EQ(lamp.offered[0].href, Href("/light/1"));
  EXPECT_EQ(lamp.offered[0].query, "if=oic.if.a");
  EXPECT_EQ(lamp.offered[0].content, cbor(power_on));
  EXPECT_EQ(response.field("Correlation-ID"), lamp.offered[0].correlation.text());
}

TEST_F(HttpApi, AnswersAnUpdateWithoutContentWith204) {
  Device& lamp = add_device("alice", {link("/light/1")});
  const Response response = put(path(lamp, "/resources/light/1"), "{}");
  EXPECT_EQ(response.status, 204u);
  EXPECT_EQ(response.body, "");
  EXPECT_NE(response.field("Correlation-ID"), std::nullopt);
}

TEST_F(HttpApi, PassesADevicesRefusalOn) {
  Device& lamp = add_device("alice", {link("/light/1")});
  lamp.status = resource::Status::method_not_allowed;
  lamp.content = cbor(power_off);
  const Response response = put(path(lamp, "/resources/light/1"), "{}");
  EXPECT_EQ(reason(response, 405), "device_method_not_allowed");
  EXPECT_EQ(body(response, 405).at("answer"), json::parse(R"({"power":false})"));
  EXPECT_EQ(response.field("Allow"), "GET");
  EXPECT_NE(response.field("Correlation-ID"), std::nullopt);
}

TEST_F(HttpApi, RefusesUpdatesOfADeviceThatIsOffline) {
  Device& lamp = add_device("alice", {link("/light/1")});
  lamp.disconnect();
  const Response response = put(path(lamp, "/resources/light/1"), "{}");
  EXPECT_EQ(reason(response, 503), "device_offline");
  EXPECT_NE(response.field("Retry-After"), std::nullopt);
}

TEST_F(HttpApi, RefusesBodiesThatItCannotPassOn) {
  Device& lamp = add_device("alice", {link("/light/1")});
  Request text = request("PUT", path(lamp, "/resources/light/1"));
  text.body = "{}";
  EXPECT_EQ(reason(answer(text), 415), "unsupported_media_type");
  EXPECT_EQ(reason(put(path(lamp, "/resources/light/1"), "{"), 400), "body_not_json");
  EXPECT_EQ(reason(put(path(lamp, "/resources/light/1?timeToLive=86401"), "{}"), 400),
            "time_to_live_too_long");
  EXPECT_TRUE(lamp.offered.empty());
}

TEST_F(HttpApi, ShowsTheHistoryOfADeviceAndOfAResource) {
  Device& lamp = add_device("alice", {link("/light/1")});
  put(path(lamp, "/resources/light/1"), R"({"power":true})");
  const auto types = [&](std::string_view query) {
    std::vector<std::string> found;
    const json::value history = body(get(path(lamp, "/history") + std::string(query)));
    for (const json::value& event : history.at("events").as_array())
      found.emplace_back(event.at("type").as_string());
    return found;
  };
  EXPECT_EQ(types(""), (std::vector<std::string>{"DeviceRegistered", "DeviceConnected", "LinksPublished"}));
  EXPECT_EQ(types("?href=/light/1"),
            (std::vector<std::string>{"ResourceUpdatePending", "CommandDispatched", "ResourceUpdated"}));
}

TEST_F(HttpApi, AsksForATokenAndSaysWhenItIsBad) {
  const Response none = answer(Request("GET", "/api/v1/devices"));
  EXPECT_EQ(reason(none, 401), "no_token");
  EXPECT_EQ(none.field("WWW-Authenticate"), R"(Bearer realm="ocf-cloud")");
  const Response bad = get("/api/v1/devices", "bad");
  EXPECT_EQ(reason(bad, 401), "invalid_token");
  EXPECT_EQ(bad.field("WWW-Authenticate"), R"(Bearer realm="ocf-cloud", error="invalid_token")");
}

TEST_F(HttpApi, AnswersTryLaterWhileTheAuthorizationServerIsAway) {
  authorization.is_away = true;
  const Response response = get("/api/v1/devices");
  EXPECT_EQ(reason(response, 503), "authorization_unavailable");
  EXPECT_EQ(response.field("Retry-After"), "2");
}

TEST_F(HttpApi, RefusesPathsAndMethodsThatItDoesNotHave) {
  EXPECT_EQ(reason(get("/api/v1/cars"), 404), "no_such_route");
  EXPECT_EQ(reason(get("/api/v1/devices/%zz"), 400), "malformed_target");
  EXPECT_EQ(reason(get("/api/v1/devices/lamp"), 400), "malformed_device_id");
  const Response response = answer(request("PATCH", "/api/v1/events"));
  EXPECT_EQ(reason(response, 405), "method_not_allowed");
  EXPECT_EQ(response.field("Allow"), "GET");
}

TEST_F(HttpApi, StreamsEventsFromNowOnAndResumesBehindAnId) {
  Device& lamp = add_device("alice", {link("/light/1"), link("/light/2")});
  const std::string target = "/api/v1/events?device=" + lamp.id.text() + "&href=/light/1";
  std::string first_id;
  {
    const Response response = get(target);
    ASSERT_NE(response.live, nullptr) << response.body;
    EXPECT_EQ(response.field("Content-Type"), "text/event-stream");
    const auto place = run(context, response.live->next());
    ASSERT_TRUE(place);
    EXPECT_TRUE(place->starts_with("id: ")) << *place;
    EXPECT_EQ(place->find("data:"), std::string::npos) << *place;

    lamp.notify("/light/2", cbor(power_off));
    lamp.notify("/light/1", cbor(power_on));
    const auto text = run(context, response.live->next());
    ASSERT_TRUE(text);
    EXPECT_NE(text->find("\nevent: ResourceRepresentationUpdated\ndata: {"), std::string::npos) << *text;
    EXPECT_NE(text->find(R"("content":{"power":true})"), std::string::npos) << *text;
    EXPECT_EQ(text->find("/light/2"), std::string::npos) << *text;
    first_id = text->substr(4, text->find('\n') - 4);
  }
  lamp.notify("/light/1", cbor(power_off));
  Request again = request("GET", target);
  again.fields.push_back({"Last-Event-ID", first_id});
  for (const Response& response : {answer(again), get(target + "&cursor=" + first_id)}) {
    ASSERT_NE(response.live, nullptr) << response.body;
    run(context, response.live->next());
    const auto text = run(context, response.live->next());
    ASSERT_TRUE(text);
    EXPECT_NE(text->find(R"("content":{"power":false})"), std::string::npos) << *text;
    EXPECT_EQ(text->find(R"("content":{"power":true})"), std::string::npos) << *text;
  }
}

TEST_F(HttpApi, EndsAStreamThatIsCanceledWhileItWaits) {
  const Response response = get("/api/v1/events");
  ASSERT_NE(response.live, nullptr);
  run(context, response.live->next());
  boost::asio::post(context, [&] { response.live->cancel(); });
  EXPECT_EQ(run(context, response.live->next()), std::nullopt);
  EXPECT_EQ(run(context, response.live->next()), std::nullopt);
}

TEST_F(HttpApi, EndsAStreamWhoseCallerLosesAccess) {
  const Response response = get("/api/v1/events");
  ASSERT_NE(response.live, nullptr);
  run(context, response.live->next());
  now += std::chrono::seconds(6);  // what was known of the access is too old
  authorization.is_away = true;
  const auto text = run(context, response.live->next());
  ASSERT_TRUE(text);
  EXPECT_TRUE(text->starts_with("event: problem\ndata: {")) << *text;
  EXPECT_EQ(run(context, response.live->next()), std::nullopt);
}

TEST_F(HttpApi, TellsNothingThatHappenedAfterItsCallerLostAccess) {
  Device& lamp = add_device("alice", {link("/light/1")});
  const Response response = get("/api/v1/events");
  ASSERT_NE(response.live, nullptr);
  run(context, response.live->next());
  std::vector<es::NewEvent> events(1);
  events[0].id = es::EventId("1");
  events[0].type = "SomethingNew";
  events[0].audit.owner = "alice";
  es::Append append(lamp.session.key.stream("new"), 0, std::move(events));
  const auto happens = [&] {
    now += std::chrono::seconds(6);  // what was known of the access is too old
    authorization.is_away = true;
    boost::asio::co_spawn(context, store.append(std::move(append)), boost::asio::detached);
  };
  boost::asio::post(context, [&] { boost::asio::post(context, happens); });  // when it waits already
  const auto text = run(context, response.live->next());
  ASSERT_TRUE(text);
  EXPECT_TRUE(text->starts_with("event: problem\ndata: {")) << *text;
}

TEST_F(HttpApi, RefusesFeedsThatMakeNoSense) {
  EXPECT_EQ(reason(get("/api/v1/events?cursor=x"), 400), "malformed_cursor");
  EXPECT_EQ(reason(get("/api/v1/events?device=x"), 400), "malformed_device_id");
  EXPECT_EQ(reason(get("/api/v1/events?href=x"), 400), "malformed_href");
}

}  // namespace
}  // namespace ocf::http
