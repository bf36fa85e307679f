#include "ocf/payloads.hpp"

#include <gtest/gtest.h>

namespace ocf {
namespace {

// What an unmodified iotivity-lite 2.2.5 device sent, and the answers that it accepted.
constexpr char sign_up_request_hex[] =
    "bf626469782430323861636333612d643161352d343234362d373963642d3238373663666335353931366c6175746870726f"
    "766964657264706c67646b616363657373746f6b656e6961757468636f6465316a6465766963657479706566646576696365"
    "ff";
constexpr char sign_up_answer_hex[] =
    "a46b616363657373746f6b656e6b61742d37643061306634356c72656672657368746f6b656e6b72742d3764363335613839"
    "63756964782431313131313131312d323232322d333333332d343434342d3535353535353535353535356965787069726573"
    "696e20";
constexpr char sign_in_request_hex[] =
    "bf63756964782431313131313131312d323232322d333333332d343434342d35353535353535353535353562646978243032"
    "3861636333612d643161352d343234362d373963642d3238373663666335353931366b616363657373746f6b656e6b61742d"
    "3764306130663435656c6f67696ef5ff";
constexpr char sign_in_answer_hex[] = "a16965787069726573696e20";
constexpr char sign_out_request_hex[] =
    "bf63756964782431313131313131312d323232322d333333332d343434342d35353535353535353535353562646978246565"
    "6664643530372d313231642d343966372d356565322d3835376166663038326361396b616363657373746f6b656e6b61742d"
    "3039363566366135656c6f67696ef4ff";
constexpr char refresh_request_hex[] =
    "bf63756964782431313131313131312d323232322d333333332d343434342d35353535353535353535353562646978246565"
    "6664643530372d313231642d343966372d356565322d3835376166663038326361396c6175746870726f766964657264706c"
    "6764696772616e74747970656d726566726573685f746f6b656e6c72656672657368746f6b656e6b72742d65356330636562"
    "65ff";
constexpr char refresh_answer_hex[] =
    "a36b616363657373746f6b656e6b61742d30393635663661356c72656672657368746f6b656e6b72742d3238313230373263"
    "6965787069726573696e20";

Bytes hex(std::string_view text) { return from_hex(text).value(); }
const DeviceId di = DeviceId::parse("028acc3a-d1a5-4246-79cd-2876cfc55916").value();
const std::string uid = "11111111-2222-3333-4444-555555555555";

// A map of text pairs, as hexadecimal digits would hide what a case is about.
Bytes map_of(std::initializer_list<std::pair<std::string_view, std::string_view>> pairs) {
  Bytes out{static_cast<std::uint8_t>(0xa0 + pairs.size())};
  const auto add = [&out](std::string_view text) {
    out.push_back(0x78);
    out.push_back(static_cast<std::uint8_t>(text.size()));
    out.insert(out.end(), text.begin(), text.end());
  };
  for (const auto& [key, value] : pairs) {
    add(key);
    add(value);
  }
  return out;
}

TEST(SignUpPayload, OfARealDeviceIsRead) {
  const SignUpRequest expected{di, "authcode1", "plgd", "device", ""};
  EXPECT_EQ(SignUpRequest::decode(hex(sign_up_request_hex)).value(), expected);
}

TEST(SignUpPayload, OfAnOldClientNamesItsCodeAuthcode) {
  const Bytes payload = map_of({{"di", di.text()}, {"authcode", "old"}});
  EXPECT_EQ(SignUpRequest::decode(payload).value().code, "old");
}

TEST(SignUpPayload, PrefersAccesstokenToAuthcode) {
  const Bytes payload = map_of({{"accesstoken", "new"}, {"authcode", "old"}, {"di", di.text()}});
  EXPECT_EQ(SignUpRequest::decode(payload).value().code, "new");
}

TEST(SignUpPayload, WithoutCodeOrDeviceLacksAMandatoryProperty) {
  for (const Bytes& payload : {map_of({{"di", di.text()}}), map_of({{"accesstoken", "c"}}),
                               map_of({{"di", di.text()}, {"accesstoken", ""}}), hex("a0"), hex("bfff")}) {
    EXPECT_EQ(SignUpRequest::decode(payload).error(), OcfError::missing_property) << to_hex(payload);
  }
}

TEST(SignUpPayload, WithADeviceIdThatIsNoUuidIsRefused) {
  const Bytes payload = map_of({{"di", "mine"}, {"accesstoken", "c"}});
  EXPECT_EQ(SignUpRequest::decode(payload).error(), OcfError::malformed_device_id);
}

TEST(SignUpPayload, OfAnotherTypeIsMalformed) {
  // An array, nothing, an integer for `di`, something behind the map, a map cut short.
  for (const char* text : {"80", "", "a162646901", "a000", "bf6264"}) {
    EXPECT_EQ(SignUpRequest::decode(hex(text)).error(), OcfError::malformed_payload) << text;
  }
}

TEST(SignUpPayload, MayHoldWhatIsNotKnown) {
  // {1: [1], "x": {"y": null}, "di": …, "accesstoken": "c"}
  Bytes payload =
      hex("a4"
          "018101"
          "6178a16179f6"
          "6264697824");
  const std::string text = di.text();
  payload.insert(payload.end(), text.begin(), text.end());
  const Bytes rest = hex("6b616363657373746f6b656e6163");
  payload.insert(payload.end(), rest.begin(), rest.end());
  EXPECT_EQ(SignUpRequest::decode(payload).value().device, di);
}

TEST(SignUpPayload, AnswersAsARealDeviceAcceptsIt) {
  const SignUpAnswer answer{"at-7d0a0f45", "rt-7d635a89", uid, expires_never, ""};
  EXPECT_EQ(to_hex(answer.encode()), sign_up_answer_hex);
  EXPECT_EQ(SignUpAnswer::decode(hex(sign_up_answer_hex)).value(), answer);
}

TEST(SignUpPayload, AnswerWithAnEmptyTokenIsRefusedAsByADevice) {
  for (const SignUpAnswer& answer : {SignUpAnswer{"", "r", "u", 1, ""}, SignUpAnswer{"a", "", "u", 1, ""},
                                     SignUpAnswer{"a", "r", "", 1, ""}}) {
    EXPECT_EQ(SignUpAnswer::decode(answer.encode()).error(), OcfError::missing_property);
  }
}

TEST(SignInPayload, OfARealDeviceIsRead) {
  const SignInRequest expected{uid, di, "at-7d0a0f45", true};
  EXPECT_EQ(SignInRequest::decode(hex(sign_in_request_hex)).value(), expected);
  EXPECT_FALSE(SignInRequest::decode(hex(sign_out_request_hex)).value().login);
}

TEST(SignInPayload, WithoutLoginLacksAMandatoryProperty) {
  const Bytes payload = map_of({{"di", di.text()}, {"uid", uid}, {"accesstoken", "a"}});
  EXPECT_EQ(SignInRequest::decode(payload).error(), OcfError::missing_property);
}

TEST(SignInPayload, AnswersAsARealDeviceAcceptsIt) {
  EXPECT_EQ(to_hex(SignInAnswer{}.encode()), sign_in_answer_hex);
  EXPECT_EQ(SignInAnswer::decode(hex("a16965787069726573696e190e10")).value().expires_in, 3600);
  EXPECT_EQ(SignInAnswer::decode(hex("a0")).error(), OcfError::missing_property);
}

TEST(RefreshPayload, OfARealDeviceIsRead) {
  const auto request = RefreshRequest::decode(hex(refresh_request_hex)).value();
  EXPECT_EQ(request.uid, uid);
  EXPECT_EQ(request.device.text(), "eefdd507-121d-49f7-5ee2-857aff082ca9");
  EXPECT_EQ(request.refresh_token, "rt-e5c0cebe");
  EXPECT_EQ(request.grant_type, "refresh_token");
  EXPECT_EQ(request.provider, "plgd");
}

TEST(RefreshPayload, AnswersAsARealDeviceAcceptsIt) {
  const RefreshAnswer answer{"at-0965f6a5", "rt-2812072c", expires_never};
  EXPECT_EQ(to_hex(answer.encode()), refresh_answer_hex);
  EXPECT_EQ(RefreshAnswer::decode(hex(refresh_answer_hex)).value(), answer);
}

TEST(AccountPayloads, AreReadAsTheyWereWritten) {
  const SignUpRequest sign_up{di, "code", "provider", "device", "uid"};
  EXPECT_EQ(SignUpRequest::decode(sign_up.encode()).value(), sign_up);
  const SignUpAnswer signed_up{"a", "r", "u", 3600, "coaps+tcp://other.example:5684"};
  EXPECT_EQ(SignUpAnswer::decode(signed_up.encode()).value(), signed_up);
  const SignInRequest sign_out{"u", di, "a", false};
  EXPECT_EQ(SignInRequest::decode(sign_out.encode()).value(), sign_out);
  const SignInAnswer signed_in{600};
  EXPECT_EQ(SignInAnswer::decode(signed_in.encode()).value(), signed_in);
  const RefreshRequest refresh{"u", di, "r", "refresh_token", "provider"};
  EXPECT_EQ(RefreshRequest::decode(refresh.encode()).value(), refresh);
}

TEST(AccountPayloads, CutShortAreMalformed) {
  const Bytes whole = hex(sign_up_request_hex);
  for (std::size_t size = 0; size < whole.size(); ++size) {
    EXPECT_EQ(SignUpRequest::decode(ByteView(whole).first(size)).error(), OcfError::malformed_payload)
        << size;
  }
}

TEST(DeviceIn, FindsTheDeviceOfAPayloadThatIsNotWhole) {
  EXPECT_EQ(device_in(map_of({{"x", "y"}, {"di", di.text()}})), di);
  Bytes cut = map_of({{"di", di.text()}, {"accesstoken", "abc"}});
  cut.pop_back();
  EXPECT_EQ(device_in(cut), di);
  EXPECT_EQ(device_in(map_of({{"di", "my-lamp"}})), std::nullopt);
  EXPECT_EQ(device_in(map_of({{"x", "y"}})), std::nullopt);
  EXPECT_EQ(device_in(hex("a162646907")), std::nullopt) << "di is no text";
  EXPECT_EQ(device_in(hex("07")), std::nullopt);
  EXPECT_EQ(device_in({}), std::nullopt);
}

}  // namespace
}  // namespace ocf
