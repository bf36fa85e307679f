#include "coap/message.hpp"

#include <gtest/gtest.h>

#include <sstream>
#include <unordered_set>

namespace ocf::coap {
namespace {

std::string line(const Message& message) {
  std::ostringstream out;
  out << message;
  return out.str();
}

Message request(Code code) {
  Message message;
  message.code = code;
  message.token = Token::of(0x0a0b);
  return message;
}

TEST(Code, PrintsAsClassAndDetail) {
  EXPECT_EQ(to_text(Code::empty), "0.00");
  EXPECT_EQ(to_text(Code::get), "0.01");
  EXPECT_EQ(to_text(Code::continue_), "2.31");
  EXPECT_EQ(to_text(Code::unauthorized), "4.01");
  EXPECT_EQ(to_text(Code::too_many_requests), "4.29");
  EXPECT_EQ(to_text(Code::proxying_not_supported), "5.05");
  EXPECT_EQ(to_text(Code::csm), "7.01");
}

TEST(Code, BelongsToOneClass) {
  EXPECT_TRUE(is_request(Code::ipatch));
  EXPECT_FALSE(is_request(Code::empty));
  EXPECT_TRUE(is_response(Code::content));
  EXPECT_TRUE(is_response(Code::gateway_timeout));
  EXPECT_FALSE(is_response(Code::get));
  EXPECT_FALSE(is_response(Code::csm));
  EXPECT_TRUE(is_signaling(Code::abort));
  EXPECT_TRUE(is_success(Code::changed));
  EXPECT_FALSE(is_success(Code::bad_request));
}

TEST(Token, HoldsUpTo8BytesAndTellsLengthsApart) {
  EXPECT_EQ(to_hex(Token::of(0x0102030405060708).bytes()), "0102030405060708");
  EXPECT_EQ(to_hex(Token::of(1).bytes()), "0000000000000001");
  EXPECT_NE(Token(Bytes{0}), Token());
  EXPECT_NE(Token(Bytes{0}), Token(Bytes{0, 0}));
  const std::unordered_set<Token> tokens{Token(), Token(Bytes{0}), Token(Bytes{0, 0}), Token(Bytes{0})};
  EXPECT_EQ(tokens.size(), 3u);
}

TEST(TokenDeathTest, IsNeverLongerThan8Bytes) { EXPECT_DEATH(Token(Bytes(9, 1)), "at most 8 bytes"); }

TEST(Message, KeepsOptionsSortedAndEqualNumbersInTheirOrder) {
  Message message;
  message.add(OptionNumber::uri_query, "a")
      .add(OptionNumber::uri_path, "x")
      .add(OptionNumber::uri_query, "b");
  message.add(OptionNumber::uri_path, "y").add_uint(OptionNumber::observe, 0);
  std::string order;
  for (const Option& option : message.options)
    order += std::to_string(option.number) + std::string(as_text(option.value)) + " ";
  EXPECT_EQ(order, "6 11x 11y 15a 15b ");
}

TEST(Message, WritesNumbersInTheirShortestForm) {
  const std::pair<std::uint64_t, const char*> vectors[] = {{0, ""},
                                                           {1, "01"},
                                                           {255, "ff"},
                                                           {256, "0100"},
                                                           {10'000, "2710"},
                                                           {0x1'0000, "010000"},
                                                           {0xffff'ffff'ffff'ffff, "ffffffffffffffff"}};
  for (const auto& [number, hex] : vectors) {
    Message message;
    message.add_uint(OptionNumber::size1, number);
    EXPECT_EQ(to_hex(message.options[0].value), hex);
    EXPECT_EQ(message.uint(OptionNumber::size1), number);
  }
}

TEST(Message, ReadsNumbersWithLeadingZerosAndRefusesMoreThan8Bytes) {
  Message message;
  message.add(OptionNumber::observe, Bytes{0, 0, 1});
  message.add(OptionNumber::size1, Bytes(9, 0));
  EXPECT_EQ(message.uint(OptionNumber::observe), 1u);
  EXPECT_EQ(message.uint(OptionNumber::size1), std::nullopt);
  EXPECT_EQ(message.uint(OptionNumber::size2), std::nullopt);
}

TEST(Message, SplitsAndJoinsPaths) {
  const std::pair<const char*, const char*> vectors[] = {
      {"", "/"}, {"/", "/"}, {"/oic/res", "/oic/res"}, {"oic/res/", "/oic/res"}, {"//a///b", "/a/b"}};
  for (const auto& [given, joined] : vectors) {
    EXPECT_EQ(Message().add_path(given).path(), joined);
  }
  EXPECT_EQ(Message().add_path("/oic/res").options.size(), 2u);
}

TEST(Message, FindsQueriesByName) {
  Message message;
  for (const char* query : {"di=1", "ins=2", "ins=3", "ins", "inside=4", "if=", "x=a=b"}) {
    message.add(OptionNumber::uri_query, query);
  }
  EXPECT_EQ(message.queries().size(), 7u);
  EXPECT_EQ(message.query("ins"), (std::vector<std::string>{"2", "3"}));
  EXPECT_EQ(message.query("if"), (std::vector<std::string>{""}));
  EXPECT_EQ(message.query("x"), (std::vector<std::string>{"a=b"}));
  EXPECT_TRUE(message.query("rt").empty());
}

TEST(Message, ListsETagsInTheirOrder) {
  Message message;
  message.add(OptionNumber::etag, Bytes{2}).add(OptionNumber::etag, Bytes{1});
  EXPECT_EQ(message.etags(), (std::vector<Bytes>{{2}, {1}}));
}

TEST(Message, PrintsAsOneLine) {
  Message publish = request(Code::post);
  publish.add_path("/oic/rd")
      .add(OptionNumber::uri_query, "rt=oic.wk.rdpub")
      .add_uint(OptionNumber::content_format, 10'000);
  publish.payload = Bytes(634, 0xbf);
  EXPECT_EQ(line(publish), "POST 0000000000000a0b /oic/rd?rt=oic.wk.rdpub cf=10000 (634 B)");

  Message notification = request(Code::content);
  notification.add_uint(OptionNumber::observe, 2);
  EXPECT_EQ(line(notification), "2.05 0000000000000a0b observe=2");
}

TEST(Message, PrintsNoSecretsAndNoControlCharacters) {
  Message message = request(Code::del);
  message.add_path("/oic/a\nb \xc3\xbc").add(OptionNumber::uri_query, "uid=1");
  for (const char* query : {"accesstoken=s3cret", "refreshtoken=s3cret", "authcode=s3cret"}) {
    message.add(OptionNumber::uri_query, query);
  }
  EXPECT_EQ(line(message),
            "DELETE 0000000000000a0b "
            "/oic/a%0ab%20%c3%bc?uid=1&accesstoken=[secret]&refreshtoken=[secret]&authcode=[secret]");
}

TEST(UnknownCriticalOption, IsTheFirstOddNumberThatTheHubDoesNotKnow) {
  Message message = request(Code::get);
  message.add_path("/a")
      .add_uint(OptionNumber::accept, 10'000)
      .add_uint(OptionNumber::ocf_accept_content_format_version, 2048);
  message.add(OptionNumber::proxy_uri, "coap://a").add_raw(9998, {});
  EXPECT_EQ(unknown_critical_option(message), std::nullopt);
  message.add_raw(9999, {}).add_raw(2051, {});
  EXPECT_EQ(unknown_critical_option(message), 2051);
}

TEST(UnknownCriticalOption, DoesNotConcernSignaling) {
  Message message = request(Code::csm);
  message.add_raw(9, {});
  EXPECT_EQ(unknown_critical_option(message), std::nullopt);
  message.code = Code::content;
  EXPECT_EQ(unknown_critical_option(message), 9);
}

}  // namespace
}  // namespace ocf::coap
