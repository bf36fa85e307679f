#include "gateway/block_transfer.hpp"

#include "coap/frame.hpp"

#include <gtest/gtest.h>

#include <utility>

namespace ocf::gateway {
namespace {

using coap::Block;
using coap::Code;
using coap::Message;
using coap::OptionNumber;
using std::chrono::seconds;

constexpr std::size_t base_bytes = 1152;  // of a message, for a peer that announced no more

Bytes body_of(std::size_t bytes) {
  Bytes body(bytes);
  for (std::size_t at = 0; at < bytes; ++at) body[at] = static_cast<std::uint8_t>(at * 31 + at / 251);
  return body;
}

class BlockTransferTest : public ::testing::Test {
 protected:
  static Message request(Code code = Code::get, std::string_view path = "/oic/res") {
    Message message;
    message.code = code;
    message.token = coap::Token::of(1);
    message.add_path(path);
    return message;
  }
  static Message with(Message message, OptionNumber number, Block block) {
    message.add(number, coap::encode_block(block));
    return message;
  }
  static Message asking(Block block, Code code = Code::get, std::string_view path = "/oic/res") {
    return with(request(code, path), OptionNumber::block2, block);
  }
  static Message content(std::size_t bytes) {
    Message message;
    message.code = Code::content;
    message.token = request().token;
    message.add_uint(OptionNumber::content_format, coap::content_format::ocf_cbor);
    message.payload = body_of(bytes);
    return message;
  }
  static Block block_of(const Message& message, OptionNumber number = OptionNumber::block2) {
    const coap::Option* option = message.find(number);
    return option ? coap::decode_block(option->value).value_or(Block{99, true, 0}) : Block{99, false, 0};
  }

  Message answer(const Message& asked, const Message& response, std::size_t bytes_max = base_bytes) {
    return std::get<Message>(blocks_.answer(asked, response, bytes_max, now_));
  }
  std::optional<BlockTransfer::Reply> take(Message asked, std::size_t bytes_max = base_bytes) {
    EXPECT_TRUE(is_block_wise(asked));
    auto reply = blocks_.take(asked, bytes_max, now_);
    whole_ = std::move(asked);
    return reply;
  }
  Message later(Block block, std::size_t bytes_max = base_bytes) {
    return std::get<Message>(take(asking(block), bytes_max).value());
  }
  // "2.31", "4.08" of a refusal, "whole"
  std::string done(const std::optional<BlockTransfer::Reply>& reply) {
    if (!reply) return "whole";
    if (const auto* refusal = std::get_if<BlockTransfer::Refusal>(&*reply))
      return coap::to_text(refusal->code);
    return coap::to_text(std::get<Message>(*reply).code);
  }
  // A part of the body 0, 1, 2 … in blocks of 16 bytes.
  std::string part(std::uint32_t number, bool more, std::string_view path = "/light/1") {
    return part_of({number, more, 0}, more ? 16 : 5, path);
  }
  std::string part_of(Block block, std::size_t bytes, std::string_view path = "/light/1") {
    Message asked = with(request(Code::post, path), OptionNumber::block1, block);
    const Bytes body = body_of(block.offset() + bytes);
    asked.payload = Bytes(body.end() - static_cast<std::ptrdiff_t>(bytes), body.end());
    return done(take(asked));
  }

  Limits limits_;
  SteadyTime now_{};
  BlockTransfer blocks_{limits_};
  Message whole_;
};

// -- Answers

TEST_F(BlockTransferTest, LeavesAnAnswerThatFitsAsItIs) {
  Message response = content(1000);
  response.payload.resize(1000 + base_bytes - coap::frame_bytes(response));
  ASSERT_EQ(coap::frame_bytes(response), base_bytes);
  EXPECT_EQ(answer(request(), response), response);
  response.payload.push_back(0);
  EXPECT_EQ(block_of(answer(request(), response)), (Block{0, true, 6}));
}

TEST_F(BlockTransferTest, CutsALongAnswerIntoBlocksThatAreTheSameBody) {
  const Message response = content(3000);
  const Message first = answer(request(), response);
  EXPECT_EQ(block_of(first), (Block{0, true, 6}));
  EXPECT_EQ(first.uint(OptionNumber::size2), 3000u);
  EXPECT_EQ(first.uint(OptionNumber::content_format), coap::content_format::ocf_cbor);
  Bytes body = first.payload;
  for (std::uint32_t number = 1; number < 3; ++number) {
    const Message next = later({number, false, 6});
    EXPECT_EQ(block_of(next), (Block{number, number < 2, 6}));
    EXPECT_EQ(next.code, Code::content);
    EXPECT_EQ(next.etags(), first.etags());
    EXPECT_EQ(next.etags().size(), 1u);
    EXPECT_EQ(next.uint(OptionNumber::content_format), coap::content_format::ocf_cbor);
    EXPECT_EQ(next.find(OptionNumber::size2), nullptr);
    body.insert(body.end(), next.payload.begin(), next.payload.end());
  }
  EXPECT_EQ(body, response.payload);
}

TEST_F(BlockTransferTest, EndsWithAFullBlock) {
  answer(request(), content(2048));
  EXPECT_EQ(block_of(later({1, false, 6})), (Block{1, false, 6}));
  EXPECT_EQ(done(take(asking({2, false, 6}))), "4.00") << "beyond the end";
}

// RFC 8323 §6: only above the base value.
TEST_F(BlockTransferTest, SendsSeveralBlocksInAMessageToWhoTakesLongMessages) {
  const Message response = content(10'000);
  EXPECT_EQ(block_of(answer(request(), response, base_bytes)), (Block{0, true, 6}));
  const Message first = answer(request(), response, 4096);
  EXPECT_EQ(block_of(first), (Block{0, true, Block::bert}));
  EXPECT_EQ(first.payload.size(), 3072u);
  EXPECT_LE(coap::frame_bytes(first), 4096u);
  const Message next = later({3, false, Block::bert}, 4096);
  EXPECT_EQ(block_of(next), (Block{3, true, Block::bert}));
  const Message last = later({9, false, Block::bert}, 4096);
  EXPECT_EQ(block_of(last), (Block{9, false, Block::bert}));
  EXPECT_EQ(last.payload, Bytes(response.payload.begin() + 9216, response.payload.end()));
  EXPECT_EQ(block_of(later({3, false, Block::bert}, base_bytes)), (Block{3, true, 6}));
}

TEST_F(BlockTransferTest, NeverSendsMoreThanThePeerTakes) {
  for (std::size_t bytes_max = 60; bytes_max < 2300; ++bytes_max) {
    const Message first = answer(request(), content(3000), bytes_max);
    EXPECT_LE(coap::frame_bytes(first), bytes_max);
    EXPECT_TRUE(block_of(first).more);
  }
}

TEST_F(BlockTransferTest, LeavesWhatDoesNotFitInAnyWayToTheCaller) {
  const Message response = answer(request(), content(2000), 20);
  EXPECT_EQ(response.payload.size(), 2000u);
  EXPECT_EQ(response.find(OptionNumber::block2), nullptr);
}

TEST_F(BlockTransferTest, SendsBlocksOfTheSizeThatIsAskedFor) {
  EXPECT_EQ(answer(asking({0, false, 2}), content(64), 1 << 20), content(64));
  const Message first = answer(asking({0, false, 2}), content(65), 1 << 20);
  EXPECT_EQ(block_of(first), (Block{0, true, 2}));
  EXPECT_EQ(first.payload.size(), 64u);
  EXPECT_EQ(block_of(later({4, false, 0}, 1 << 20)), (Block{4, false, 0}))
      << "the size may change on the way";
}

TEST_F(BlockTransferTest, KeepsTheETagOfTheAnswer) {
  Message response = content(3000);
  response.add(OptionNumber::etag, "abc");
  EXPECT_EQ(answer(request(), response).etags(), std::vector<Bytes>{copy_of(as_bytes("abc"))});
}

TEST_F(BlockTransferTest, MakesETagsThatTellBodiesApart) {
  const auto etags = answer(request(), content(3000)).etags();
  EXPECT_EQ(answer(request(), content(3000)).etags(), etags) << "the same, made anew";
  EXPECT_NE(answer(request(), content(3001)).etags(), etags);
}

TEST_F(BlockTransferTest, KeepsAnswersToDifferentRequestsApart) {
  Message other = request();
  other.add(OptionNumber::uri_query, "rt=core.light");
  Message accepting = request();
  accepting.add_uint(OptionNumber::accept, coap::content_format::cbor);
  answer(request(), content(3000));
  answer(other, content(4000));
  answer(accepting, content(5000));
  EXPECT_FALSE(block_of(later({2, false, 6})).more);
  other = with(other, OptionNumber::block2, {3, false, 6});
  EXPECT_EQ(std::get<Message>(*take(other)).payload.size(), 4000u - 3 * 1024);
  accepting = with(accepting, OptionNumber::block2, {4, false, 6});
  EXPECT_EQ(std::get<Message>(*take(accepting)).payload.size(), 5000u - 4 * 1024);
}

TEST_F(BlockTransferTest, KeepsTheNewestAnswerToTheSameRequest) {
  answer(request(), content(3000));
  const Message first = answer(request(), content(4000));
  const Message next = later({3, false, 6});
  EXPECT_EQ(next.payload.size(), 4000u - 3 * 1024);
  EXPECT_EQ(next.etags(), first.etags());
}

TEST_F(BlockTransferTest, ServesAnewWhatIsNotKeptAndCutsItsAnswer) {
  Message asked = asking({1, false, 6});
  asked.add_uint(OptionNumber::observe, 0);
  EXPECT_EQ(done(take(asked)), "whole");
  EXPECT_EQ(whole_.find(OptionNumber::observe), nullptr) << "a later block is no observation (RFC 7959 §3.4)";
  const Message second = answer(whole_, content(3000));
  EXPECT_EQ(block_of(second), (Block{1, true, 6}));
  const Bytes body = body_of(3000);
  EXPECT_EQ(second.payload, Bytes(body.begin() + 1024, body.begin() + 2048));
  EXPECT_EQ(block_of(later({2, false, 6})), (Block{2, false, 6})) << "kept from now on";

  Message not_found;
  not_found.code = Code::not_found;
  not_found.token = whole_.token;
  EXPECT_EQ(answer(whole_, not_found), not_found);
  const auto beyond = blocks_.answer(asking({3, false, 6}), content(3000), base_bytes, now_);
  EXPECT_EQ(done(beyond), "4.00");
}

TEST_F(BlockTransferTest, NeverRepeatsWhatChangesSomething) {
  EXPECT_EQ(done(take(asking({1, false, 6}, Code::post))), "4.08");
  answer(request(Code::post), content(3000));
  EXPECT_EQ(done(take(asking({1, false, 6}, Code::post))), "2.05");
}

TEST_F(BlockTransferTest, NotifiesWithTheFirstBlockAndAnswersTheLaterOnesPlainly) {
  Message response = content(3000);
  response.add_uint(OptionNumber::observe, 5);
  Message observing = request();
  observing.add_uint(OptionNumber::observe, 0);
  EXPECT_EQ(answer(observing, response).uint(OptionNumber::observe), 5u);
  EXPECT_EQ(later({1, false, 6}).find(OptionNumber::observe), nullptr);
}

TEST_F(BlockTransferTest, KeepsSoManyAnswersTheOldestGo) {
  const auto path = [](std::size_t n) { return "/" + std::to_string(n); };
  for (std::size_t n = 0; n <= limits_.block_answers_max; ++n)
    answer(request(Code::post, path(n)), content(3000));
  EXPECT_EQ(done(take(asking({1, false, 6}, Code::post, path(0)))), "4.08");
  for (std::size_t n = 1; n <= limits_.block_answers_max; ++n)
    EXPECT_EQ(done(take(asking({1, false, 6}, Code::post, path(n)))), "2.05");
}

TEST_F(BlockTransferTest, KeepsSoManyBytesTheOldestGo) {
  limits_.block_answers_bytes_max = 6000;
  answer(request(Code::post, "/a"), content(3000));
  answer(request(Code::post, "/b"), content(3000));
  EXPECT_EQ(done(take(asking({1, false, 6}, Code::post, "/a"))), "2.05") << "exactly as many";
  answer(request(Code::post, "/c"), content(2000));
  EXPECT_EQ(done(take(asking({1, false, 6}, Code::post, "/a"))), "4.08");
  EXPECT_EQ(done(take(asking({1, false, 6}, Code::post, "/b"))), "2.05");
  const Message first = answer(request(Code::post, "/d"), content(6001));
  EXPECT_TRUE(block_of(first).more);
  EXPECT_EQ(done(take(asking({1, false, 6}, Code::post, "/d"))), "4.08") << "longer: not kept";
  EXPECT_EQ(done(take(asking({1, false, 6}, Code::post, "/b"))), "2.05") << "and nothing went for it";
}

TEST_F(BlockTransferTest, ForgetsWhatDoesNotGoOn) {
  EXPECT_EQ(blocks_.deadline(), SteadyTime::max());
  answer(request(Code::post), content(3000));
  EXPECT_EQ(part(0, true), "2.31");
  now_ += limits_.block_transfer_time - seconds(1);
  EXPECT_EQ(done(take(asking({1, false, 6}, Code::post))), "2.05");
  EXPECT_EQ(part(1, true), "2.31");
  now_ += limits_.block_transfer_time - seconds(1);
  EXPECT_EQ(blocks_.deadline(), now_ + seconds(1)) << "since its last block";
  EXPECT_EQ(part(2, true), "2.31");
  now_ += seconds(1);
  blocks_.tick(now_);
  EXPECT_EQ(done(take(asking({1, false, 6}, Code::post))), "4.08");
  EXPECT_EQ(part(3, true), "2.31") << "used a second ago";
  now_ += limits_.block_transfer_time;
  EXPECT_EQ(part(4, true), "4.08");
  EXPECT_EQ(blocks_.deadline(), SteadyTime::max());
}

TEST_F(BlockTransferTest, ForgetsAllAtTheSignOut) {
  answer(request(Code::post), content(3000));
  part(0, true);
  blocks_.clear();
  EXPECT_EQ(done(take(asking({1, false, 6}, Code::post))), "4.08");
  EXPECT_EQ(part(1, true), "4.08");
}

// -- Requests

TEST_F(BlockTransferTest, PutsPartsTogether) {
  EXPECT_EQ(part(0, true), "2.31");
  EXPECT_EQ(part(1, true), "2.31");
  EXPECT_EQ(part(2, false), "whole");
  EXPECT_EQ(whole_.payload, body_of(16 + 16 + 5));
  EXPECT_EQ(whole_.path(), "/light/1");
  EXPECT_EQ(part(3, false), "4.08") << "the transfer has ended";
}

TEST_F(BlockTransferTest, AsksForTheNextPartWithTheOptionOfThisOne) {
  Message asked = with(request(Code::post), OptionNumber::block1, {0, true, 0});
  asked.payload = body_of(16);
  const Message reply = std::get<Message>(take(asked).value());
  EXPECT_EQ(reply.code, Code::continue_);
  EXPECT_EQ(block_of(reply, OptionNumber::block1), (Block{0, true, 0}));
}

TEST_F(BlockTransferTest, AnswersTheLastPartWithItsOption) {
  Message changed;
  changed.code = Code::changed;
  const Message last = with(request(Code::post), OptionNumber::block1, {2, false, 0});
  EXPECT_EQ(block_of(answer(last, changed), OptionNumber::block1), (Block{2, false, 0}));
}

// RFC 7959 §3.3
TEST_F(BlockTransferTest, AnswersABodyInPartsInBlocks) {
  const Message last = with(request(Code::post), OptionNumber::block1, {2, false, 0});
  const Message first = answer(last, content(3000));
  EXPECT_EQ(block_of(first, OptionNumber::block1), (Block{2, false, 0}));
  EXPECT_EQ(block_of(first), (Block{0, true, 6}));
  const auto next = take(asking({1, false, 6}, Code::post));
  EXPECT_EQ(block_of(std::get<Message>(*next)), (Block{1, true, 6}));
  EXPECT_EQ(std::get<Message>(*next).find(OptionNumber::block1), nullptr);
}

TEST_F(BlockTransferTest, TakesPartsOfSeveralBlocks) {
  EXPECT_EQ(part_of({0, true, Block::bert}, 3072), "2.31");
  EXPECT_EQ(part_of({3, true, Block::bert}, 1024), "2.31");
  EXPECT_EQ(part_of({4, false, Block::bert}, 1500), "whole");
  EXPECT_EQ(whole_.payload, body_of(4096 + 1500));
}

TEST_F(BlockTransferTest, RefusesAGapARepetitionAndAnEndWithoutABeginning) {
  EXPECT_EQ(part(1, true), "4.08");
  EXPECT_EQ(part(1, false), "4.08");
  part(0, true);
  EXPECT_EQ(part(2, true), "4.08") << "a gap";
  EXPECT_EQ(part(1, true), "4.08") << "the whole begins again after it";
  part(0, true);
  part(1, true);
  EXPECT_EQ(part(1, true), "4.08") << "a repetition";
}

TEST_F(BlockTransferTest, BeginsAgainWithTheFirstPart) {
  part(0, true);
  part(1, true);
  EXPECT_EQ(part(0, true), "2.31");
  EXPECT_EQ(part(1, false), "whole");
  EXPECT_EQ(whole_.payload, body_of(16 + 5));
}

TEST_F(BlockTransferTest, RefusesPartsOfAWrongLength) {
  EXPECT_EQ(part_of({0, true, 0}, 15), "4.00");
  EXPECT_EQ(part_of({0, true, 0}, 17), "4.00");
  EXPECT_EQ(part_of({0, true, Block::bert}, 1000), "4.00");
  EXPECT_EQ(part_of({0, true, Block::bert}, 0), "4.00");
  EXPECT_EQ(part_of({1, false, 0}, 17), "4.00");
  EXPECT_EQ(blocks_.deadline(), SteadyTime::max()) << "nothing is kept of them";
}

TEST_F(BlockTransferTest, RefusesMalformedOptions) {
  for (const OptionNumber number : {OptionNumber::block1, OptionNumber::block2}) {
    Message asked = request();
    asked.add(number, Bytes{0, 0, 0, 0});
    EXPECT_EQ(done(take(asked)), "4.02");
  }
}

TEST_F(BlockTransferTest, RefusesABodyThatIsTooLong) {
  limits_.frame_bytes_max = 40;
  EXPECT_EQ(part(0, true), "2.31");
  EXPECT_EQ(part(1, true), "2.31");
  EXPECT_EQ(part(2, true), "4.13");
  EXPECT_EQ(part(2, false), "4.08") << "nothing is kept of it";
  Message announced = with(request(Code::post), OptionNumber::block1, {0, true, 0});
  announced.payload = body_of(16);
  announced.add_uint(OptionNumber::size1, 40);
  EXPECT_EQ(done(take(announced)), "2.31");
  announced.options.back().value = coap::encode_uint(41);
  EXPECT_EQ(done(take(announced)), "4.13") << "told at the first part";
}

TEST_F(BlockTransferTest, TakesSoManyBodiesAtOnce) {
  for (std::size_t n = 0; n < limits_.block_requests_max; ++n)
    EXPECT_EQ(part(0, true, "/" + std::to_string(n)), "2.31");
  EXPECT_EQ(part(0, true, "/more"), "5.03");
  EXPECT_EQ(part(1, false, "/0"), "whole");
  EXPECT_EQ(part(0, true, "/more"), "2.31");
}

TEST_F(BlockTransferTest, KeepsBodiesOfDifferentFormatsApart) {
  part(0, true);
  Message other = with(request(Code::post, "/light/1"), OptionNumber::block1, {1, false, 0});
  other.add_uint(OptionNumber::content_format, coap::content_format::json);
  EXPECT_EQ(done(take(other)), "4.08");
}

TEST_F(BlockTransferTest, LeavesOrdinaryRequestsAlone) {
  EXPECT_FALSE(is_block_wise(request()));
  EXPECT_FALSE(is_block_wise(asking({0, false, 2})));
  EXPECT_FALSE(is_block_wise(with(request(), OptionNumber::block1, {0, false, 2})));
}

}  // namespace
}  // namespace ocf::gateway
