#include "gateway/mirror.hpp"

#include "cbor/cbor.hpp"

#include <gtest/gtest.h>

namespace ocf::gateway {
namespace {

using coap::Code;
using coap::Message;
using coap::OptionNumber;
using Kind = Purpose::Kind;

const Bytes old_etag{1, 1}, new_etag{2, 2};

Link link(std::string href, bool observable = true) {
  Link made;
  made.href = Href(std::move(href));
  made.resource_types = {"x.lamp"};
  made.policy = observable ? policy::discoverable | policy::observable : policy::discoverable;
  return made;
}

Message answer(Code code, Bytes etag = {}, bool observe = false) {
  Message message;
  message.code = code;
  if (!etag.empty()) message.add(OptionNumber::etag, etag);
  if (observe) message.add_uint(OptionNumber::observe, 7);
  return message;
}

Message content(std::string_view json, Bytes etag = {}, bool observe = false) {
  Message message = answer(Code::content, std::move(etag), observe);
  message.add_uint(OptionNumber::content_format, coap::content_format::ocf_cbor);
  message.payload = cbor::from_json(json).value();
  return message;
}

// "observe /light/1 etag=0101": one line per question.
std::string text(const Question& question) {
  static const std::map<Kind, std::string> names{{Kind::observe, "observe"},
                                                 {Kind::batch, "batch"},
                                                 {Kind::retrieve, "retrieve"},
                                                 {Kind::discover, "discover"}};
  std::string line = names.at(question.purpose.kind) + ' ' + question.request.path();
  for (const std::string& query : question.request.queries())
    line += (line.find('?') == line.npos ? '?' : '&') + query;
  for (const Bytes& etag : question.request.etags()) line += " etag=" + to_hex(etag);
  const bool observes = question.request.uint(OptionNumber::observe) == 0;
  EXPECT_EQ(observes, question.purpose.goes_on()) << line;
  EXPECT_EQ(question.request.uint(OptionNumber::accept), coap::content_format::ocf_cbor) << line;
  return line;
}

class MirrorTest : public ::testing::Test {
 protected:
  void begin(Bytes etag = {}) {
    mirror.emplace(
        DeviceId::parse("028acc3a-d1a5-4246-79cd-2876cfc55916").value(), std::move(etag),
        [this](const Href& href) {
          const auto found = shadow.find(href.text());
          return found == shadow.end() ? std::nullopt : std::optional(found->second);
        },
        limits);
  }
  std::vector<std::string> texts(const Questions& questions) {
    std::vector<std::string> lines;
    for (const Question& question : questions) lines.push_back(text(question));
    return lines;
  }
  std::vector<std::string> keep_true(const std::vector<Link>& links) {
    return texts(mirror->keep_true(links, now));
  }
  Heard hear(Kind kind, const std::string& href, const Message& response) {
    return mirror->hear(Purpose{kind, Href(href), {}}, response, now);
  }
  Heard hear_batch(const Message& response) { return hear(Kind::batch, "/oic/res", response); }

  using Lines = std::vector<std::string>;
  SteadyTime now{};
  Limits limits;
  std::map<std::string, Bytes> shadow;
  std::optional<Mirror> mirror;
};

TEST_F(MirrorTest, AsksForABatchOfEverythingFirst) {
  begin();
  EXPECT_EQ(keep_true({}), Lines{}) << "nothing is published: nothing to ask";
  EXPECT_EQ(keep_true({link("/light/1"), link("/oic/d")}), Lines{"batch /oic/res?if=oic.if.b"});
  EXPECT_EQ(keep_true({link("/light/2")}), Lines{}) << "the batch will tell of it";
  EXPECT_FALSE(mirror->in_sync());
}

TEST_F(MirrorTest, ABatchThatIsObservedKeepsEverythingTrue) {
  begin();
  keep_true({link("/light/1"), link("/light/2")});
  const Heard heard = hear_batch(content(
      R"([{"href":"/light/1","rep":{"power":1}},{"href":"/light/2","rep":{}},{"href":"/oic/p","rep":{}}])",
      old_etag, true));
  ASSERT_EQ(heard.said.size(), 2u) << "what is not published is not told";
  EXPECT_EQ(heard.said[0].href.text(), "/light/1");
  EXPECT_EQ(cbor::to_json(*heard.said[0].content.bytes).value(), R"({"power":1})");
  EXPECT_EQ(texts(heard.next), Lines{});
  EXPECT_TRUE(mirror->in_sync());
  EXPECT_EQ(mirror->etag(), old_etag);

  const Heard changed = hear_batch(content(R"([{"href":"/light/2","rep":{"power":2}}])", new_etag, true));
  ASSERT_EQ(changed.said.size(), 1u);
  EXPECT_EQ(changed.said[0].href.text(), "/light/2");
  EXPECT_EQ(mirror->etag(), new_etag);
}

TEST_F(MirrorTest, WhatABatchLeavesOutIsAskedForByItself) {
  begin();
  keep_true({link("/light/1"), link("/light/2"), link("/fixed", false)});
  const Heard heard = hear_batch(content(R"([{"href":"/light/1","rep":{}}])", old_etag, true));
  EXPECT_EQ(texts(heard.next), (Lines{"retrieve /fixed", "observe /light/2"}));
  EXPECT_FALSE(mirror->in_sync());
  EXPECT_EQ(mirror->etag(), Bytes()) << "batches do not tell of everything";
  hear(Kind::retrieve, "/fixed", content("{}"));
  EXPECT_FALSE(mirror->in_sync());
  hear(Kind::observe, "/light/2", content("{}", {}, true));
  EXPECT_TRUE(mirror->in_sync());
}

TEST_F(MirrorTest, AReconnectAsksForWhatChangedOnly) {
  shadow = {{"/light/1", old_etag}, {"/light/2", old_etag}};
  begin(old_etag);
  EXPECT_EQ(keep_true({link("/light/1"), link("/light/2"), link("/light/3")}),
            Lines{"batch /oic/res?if=oic.if.b&incChanges= etag=0101"});
  const Heard heard = hear_batch(content(R"([{"href":"/light/2","rep":{}}])", new_etag, true));
  EXPECT_EQ(heard.said.size(), 1u);
  EXPECT_EQ(texts(heard.next), Lines{"observe /light/3"}) << "the shadow does not know it";
}

TEST_F(MirrorTest, AReconnectOfADeviceThatHasNotChangedTransfersNothing) {
  shadow = {{"/light/1", old_etag}};
  begin(old_etag);
  keep_true({link("/light/1")});
  const Heard heard = hear_batch(answer(Code::valid, old_etag, true));
  EXPECT_TRUE(heard.said.empty());
  EXPECT_EQ(texts(heard.next), Lines{});
  EXPECT_TRUE(mirror->in_sync());
  EXPECT_EQ(mirror->etag(), old_etag);
}

TEST_F(MirrorTest, WithoutABatchEachLinkIsAskedForWithTheETagThatIsKnown) {
  shadow = {{"/light/1", old_etag}, {"/fixed", Bytes()}};
  begin();
  keep_true({link("/light/1"), link("/fixed", false)});
  const Heard heard = hear_batch(answer(Code::not_found));
  EXPECT_EQ(texts(heard.next), (Lines{"retrieve /fixed", "observe /light/1 etag=0101"}));
  hear(Kind::retrieve, "/fixed", content("{}"));
  EXPECT_TRUE(hear(Kind::observe, "/light/1", answer(Code::valid, old_etag, true)).said.empty());
  EXPECT_TRUE(mirror->in_sync());
  EXPECT_EQ(mirror->etag(), Bytes());
  EXPECT_EQ(keep_true({link("/light/2")}), Lines{"observe /light/2"}) << "published later";
}

TEST_F(MirrorTest, ABatchThatCannotBeObservedSavesTheRetrievals) {
  begin();
  keep_true({link("/light/1"), link("/fixed", false)});
  const Heard heard = hear_batch(content(R"([{"href":"/light/1","rep":{}},{"href":"/fixed","rep":{}}])"));
  EXPECT_EQ(heard.said.size(), 2u);
  EXPECT_EQ(texts(heard.next), Lines{"observe /light/1"});
}

TEST_F(MirrorTest, ABatchThatCannotBeReadIsTroubleAndNoEnd) {
  begin();
  keep_true({link("/light/1")});
  const Heard heard = hear_batch(content("5", old_etag, true));
  EXPECT_FALSE(heard.trouble.empty());
  EXPECT_EQ(texts(heard.next), Lines{"observe /light/1"});
  EXPECT_TRUE(hear_batch(content("5", new_etag, true)).trouble.empty()) << "nobody listens any more";
}

TEST_F(MirrorTest, ABatchThatEndsIsReplacedByObservations) {
  begin();
  keep_true({link("/light/1"), link("/light/2")});
  hear_batch(content(R"([{"href":"/light/1","rep":{}}])", old_etag, true));
  EXPECT_EQ(texts(hear_batch(answer(Code::service_unavailable)).next), Lines{"observe /light/1"})
      << "the other one is observed by itself already";
}

TEST_F(MirrorTest, ADeviceThatIsSilentAboutTheBatchIsAskedOneByOne) {
  begin();
  keep_true({link("/light/1")});
  EXPECT_EQ(mirror->deadline(), now + limits.command_time);
  EXPECT_EQ(texts(mirror->tick(now + limits.command_time - std::chrono::seconds(1))), Lines{});
  EXPECT_EQ(texts(mirror->tick(now + limits.command_time)), Lines{"observe /light/1"});
  EXPECT_EQ(mirror->deadline(), SteadyTime::max());
  EXPECT_TRUE(hear_batch(answer(Code::bad_request)).next.empty()) << "it comes too late";
}

TEST_F(MirrorTest, WhatTheDeviceDoesNotHaveIsGone) {
  begin();
  keep_true({link("/light/1")});
  hear_batch(answer(Code::not_found));
  EXPECT_EQ(hear(Kind::observe, "/light/1", answer(Code::not_found)).gone, Href("/light/1"));
  EXPECT_FALSE(hear(Kind::observe, "/light/1", answer(Code::unauthorized)).trouble.empty());
}

TEST_F(MirrorTest, WhatCannotBeObservedIsReadAgain) {
  begin();
  keep_true({link("/light/1"), link("/fixed", false)});
  hear_batch(content(R"([{"href":"/light/1","rep":{}},{"href":"/fixed","rep":{}}])", old_etag, true));
  EXPECT_EQ(texts(mirror->read_again(Href("/light/1"))), Lines{});
  EXPECT_EQ(texts(mirror->read_again(Href("/fixed"))), Lines{"retrieve /fixed"});
  EXPECT_EQ(texts(mirror->read_again(Href("/nothing"))), Lines{});
}

TEST_F(MirrorTest, WhatTurnsOutNotToBeObservedIsReadAgain) {
  begin();
  keep_true({link("/light/1"), link("/light/2")});
  hear_batch(answer(Code::not_found));
  hear(Kind::observe, "/light/1", content("{}"));
  hear(Kind::observe, "/light/2", content("{}", {}, true));
  EXPECT_EQ(texts(mirror->read_again(Href("/light/1"))), Lines{"retrieve /light/1"});
  EXPECT_EQ(texts(mirror->read_again(Href("/light/2"))), Lines{});
}

TEST_F(MirrorTest, WhatIsNotNotifiedOfIsAskedForAgainForAsLongAsItIsSo) {
  begin();
  keep_true({link("/light/1"), link("/light/2"), link("/light/3"), link("/light/4")});
  hear_batch(answer(Code::not_found));
  hear(Kind::observe, "/light/1", content("{}", old_etag));
  hear(Kind::observe, "/light/2", content("{}", {}, true));
  hear(Kind::observe, "/light/4", content("{}", {}, true));
  EXPECT_FALSE(hear(Kind::observe, "/light/3", answer(Code::service_unavailable)).trouble.empty());
  EXPECT_TRUE(mirror->in_sync());
  EXPECT_EQ(mirror->deadline(), now + limits.ping_interval);
  now += limits.ping_interval / 2;
  EXPECT_FALSE(hear(Kind::observe, "/light/2", answer(Code::internal_server_error)).trouble.empty())
      << "an error ends it";
  EXPECT_EQ(texts(mirror->tick(now)), Lines{});
  now = mirror->deadline();
  shadow = {{"/light/1", old_etag}};
  EXPECT_EQ(texts(mirror->tick(now)),
            (Lines{"observe /light/1 etag=0101", "observe /light/2", "observe /light/3"}));
  EXPECT_TRUE(mirror->in_sync()) << "one broken resource does not take the device out of sync";
  EXPECT_EQ(mirror->deadline(), SteadyTime::max()) << "who is silent is not asked again";
  hear(Kind::observe, "/light/1", answer(Code::valid, old_etag));
  hear(Kind::observe, "/light/2", content("{}", {}, true));
  EXPECT_TRUE(hear(Kind::observe, "/light/3", answer(Code::service_unavailable)).trouble.empty()) << "known";
  EXPECT_EQ(hear(Kind::observe, "/light/4", answer(Code::not_found)).gone, Href("/light/4"));
  mirror->forget_all_but({link("/light/1"), link("/light/2")});
  now = mirror->deadline();
  EXPECT_EQ(texts(mirror->tick(now)), Lines{"observe /light/1 etag=0101"});
  hear(Kind::observe, "/light/1", content("{}", {}, true));
  EXPECT_EQ(mirror->deadline(), SteadyTime::max());
  EXPECT_EQ(texts(mirror->read_again(Href("/light/1"))), Lines{});
}

TEST_F(MirrorTest, WhatIsPublishedAsObservableLaterIsObserved) {
  begin();
  keep_true({link("/light/1", false)});
  hear_batch(answer(Code::not_found));
  EXPECT_EQ(keep_true({link("/light/1", false)}), Lines{});
  EXPECT_EQ(keep_true({link("/light/1")}), Lines{"observe /light/1"});
  EXPECT_EQ(keep_true({link("/light/1")}), Lines{});
}

TEST_F(MirrorTest, WhatIsUnpublishedIsForgotten) {
  begin();
  keep_true({link("/light/1"), link("/light/2")});
  hear_batch(answer(Code::not_found));
  hear(Kind::observe, "/light/1", content("{}", {}, true));
  EXPECT_FALSE(mirror->in_sync());
  mirror->forget_all_but({link("/light/1")});
  EXPECT_TRUE(mirror->in_sync());
  EXPECT_EQ(keep_true({link("/light/2")}), Lines{"observe /light/2"}) << "published anew";
}

TEST_F(MirrorTest, ALostPublicationIsMadeGoodFromWhatTheDeviceHosts) {
  begin();
  EXPECT_EQ(text(mirror->discover()), "discover /oic/res");
  const Heard heard = hear(Kind::discover, "/oic/res", content(R"([
      {"anchor":"ocf://028acc3a-d1a5-4246-79cd-2876cfc55916","href":"/light/1","rt":["x.lamp"],"p":{"bm":3}},
      {"href":"/oic/res","rt":["oic.wk.res"]}, {"href":"/oic/sec/doxm","rt":["oic.r.doxm"]},
      {"href":"/conf","rt":["oic.r.coapcloudconf"]}, {"href":"/intro","rt":["oic.wk.introspection"]},
      {"anchor":"ocf://00000000-0000-0000-0000-000000000001","href":"/light/2","rt":["x.lamp"]}])"));
  ASSERT_EQ(heard.links.size(), 1u);
  EXPECT_EQ(heard.links[0].href.text(), "/light/1");
  EXPECT_TRUE(heard.links[0].observable());
}

}  // namespace
}  // namespace ocf::gateway
