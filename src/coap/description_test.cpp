#include "coap/description.hpp"

#include "coap/signaling.hpp"

#include <gtest/gtest.h>

namespace ocf::coap {
namespace {

Message message(Code code, std::string_view payload_hex = "") {
  Message made;
  made.code = code;
  made.token = Token::of(0x0a0b);
  made.payload = from_hex(payload_hex).value();
  return made;
}

bool contains(const std::string& text, std::string_view part) { return text.find(part) != std::string::npos; }

TEST(Description, NamesCodesOptionsAndContent) {
  Message update = message(Code::post, "a165706f776572182a");
  update.add_path("/light/1").add(OptionNumber::uri_query, "if=oic.if.rw");
  update.add_uint(OptionNumber::content_format, content_format::ocf_cbor);
  update.add_uint(OptionNumber::ocf_content_format_version, ocf_version_1_0_0);
  EXPECT_EQ(describe(update),
            "POST, token 0000000000000a0b\n"
            "  Uri-Path: light\n"
            "  Uri-Path: 1\n"
            "  Content-Format: 10000 (application/vnd.ocf+cbor)\n"
            "  Uri-Query: if=oic.if.rw\n"
            "  OCF-Content-Format-Version: 1.0.0\n"
            "  payload, 9 bytes: {\"power\": 42}");

  Message content = message(Code::content);
  content.add(OptionNumber::etag, *from_hex("0102")).add_uint(OptionNumber::observe, 17);
  content.add_raw(9999, *from_hex("ff")).add(OptionNumber::block2, *from_hex("1e"));
  EXPECT_EQ(describe(content),
            "2.05 Content, token 0000000000000a0b\n"
            "  ETag: 0102\n"
            "  Observe: 17\n"
            "  Block2: 1/1/1024\n"
            "  option 9999: ff");
}

TEST(Description, NamesTheOptionsOfSignalingByItsCode) {
  EXPECT_EQ(describe(csm(Token(), 1000)), "CSM\n  Max-Message-Size: 1000\n  Block-Wise-Transfer");
  EXPECT_EQ(describe(abort(Token(), "too \x1b long", 5)),
            "Abort\n  Bad-CSM-Option: 5\n  payload, 10 bytes: too %1b long");
}

TEST(Description, ShowsWhatIsNoCborAsWhatItIs) {
  Message error = message(Code::not_found, "6e6f0a6e65");
  EXPECT_TRUE(contains(describe(error), "payload, 5 bytes: no%0ane"));
  Message broken = message(Code::content, "a1");
  EXPECT_TRUE(contains(describe(broken), "payload, 1 bytes, no CBOR: a1"));
}

TEST(Description, KeepsSecrets) {
  // {"di": "x", "accesstoken": "s3cret", "refreshtoken": "s3cret", "authcode": "s3cret"}
  constexpr std::string_view account =
      "a46264696178"
      "6b616363657373746f6b656e66733363726574"
      "6c72656672657368746f6b656e66733363726574"
      "6861757468636f646566733363726574";
  EXPECT_TRUE(contains(describe(message(Code::post, account)),
                       "{\"di\": \"x\", \"accesstoken\": \"[secret]\", \"refreshtoken\": \"[secret]\", "
                       "\"authcode\": \"[secret]\"}"));

  Message sign_off = message(Code::del);
  sign_off.add_path("/oic/sec/account").add(OptionNumber::uri_query, "accesstoken=s3cret");
  EXPECT_FALSE(contains(describe(sign_off), "s3cret"));

  // Cut off, as JSON, in parts.
  Message broken = message(Code::post, account.substr(0, account.size() - 2));
  broken.add_path("/oic/sec/session");
  EXPECT_TRUE(contains(describe(broken), "bytes, not shown"));
  Message json = message(Code::post, to_hex(as_bytes("{\"accesstoken\":\"s3cret\"}")));
  json.add_path("/oic/sec/session").add_uint(OptionNumber::content_format, content_format::json);
  EXPECT_TRUE(contains(describe(json), "bytes, not shown"));
  Message part = message(Code::changed, account.substr(0, account.size() - 2));
  part.add(OptionNumber::block2, *from_hex("0e"));
  EXPECT_TRUE(contains(describe(part), "bytes, not shown"));
}

TEST(Description, IsBounded) {
  Message large = message(Code::post);
  for (int i = 0; i < 64; ++i) large.add(OptionNumber::uri_query, std::string(255, 'q'));
  large.payload = Bytes(100'000, 0x01);
  EXPECT_LT(describe(large).size(), 5'000u);
  EXPECT_TRUE(contains(describe(large), "\n  …\n  payload, 100000 bytes, no CBOR: 0101"));
}

}  // namespace
}  // namespace ocf::coap
