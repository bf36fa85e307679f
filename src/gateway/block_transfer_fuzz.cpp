// A body in parts to the hub, and a body in blocks from it, between whatever else a peer may send: it arrives
// as it was, or is refused. The first bytes of the input say how it is cut and what comes in between.
#include "base/assert.hpp"
#include "coap/frame.hpp"
#include "gateway/block_transfer.hpp"

#include <algorithm>

namespace ocf::gateway {
namespace {

using coap::Block;
using coap::Code;
using coap::Message;
using coap::OptionNumber;

Limits small_limits() {
  Limits limits;
  limits.frame_bytes_max = 4096;
  limits.block_requests_max = 2;
  limits.block_answers_max = 2;
  limits.block_answers_bytes_max = 8192;
  return limits;
}

class Peer {
 public:
  Peer(std::uint8_t how, std::uint8_t noise, ByteView body)
      : size_exponent_(static_cast<std::uint8_t>(how % 8)),
        message_bytes_max_(std::size_t{64} << (how >> 3 & 7)),
        noise_(noise),
        body_(body),
        blocks_(limits_) {}

  void send() {
    std::size_t at = 0;
    do {
      disturb();
      const std::size_t left = body_.size() - at;
      Message part = request_of("/to");
      const Block block{static_cast<std::uint32_t>(at / unit()), left > part_bytes(), size_exponent_};
      part.add(OptionNumber::block1, coap::encode_block(block));
      part.payload = copy_of(body_.subspan(at, std::min(left, part_bytes())));
      at += part.payload.size();
      const auto reply = blocks_.take(part, message_bytes_max_, now_);
      if (is_refusal(reply, Code::request_entity_too_large)) {
        OCF_ASSERT(at > limits_.frame_bytes_max, "only what is too long is refused");
        return;
      }
      if (!block.more) {
        OCF_ASSERT(!reply, "the last part makes it whole");
        OCF_ASSERT(part.payload == copy_of(body_), "a body arrives as it was sent");
        return;
      }
      OCF_ASSERT(is_message(reply, Code::continue_), "each part but the last is answered 2.31");
    } while (at < body_.size());
  }

  void fetch() {
    Bytes fetched;
    Message answer = first_answer();
    while (true) {
      fetched.insert(fetched.end(), answer.payload.begin(), answer.payload.end());
      const auto option = answer.find(OptionNumber::block2);
      if (option == nullptr) break;
      const Block block = coap::decode_block(option->value).value();
      OCF_ASSERT(block.offset() + answer.payload.size() == fetched.size(), "a block is the one asked for");
      OCF_ASSERT(coap::frame_bytes(answer) <= message_bytes_max_, "a block is no longer than the peer takes");
      if (!block.more) break;
      Message next = request_of("/from");
      next.add(OptionNumber::block2,
               coap::encode_block(
                   {static_cast<std::uint32_t>(fetched.size() / block.unit()), false, block.size_exponent}));
      auto reply = blocks_.take(next, message_bytes_max_, now_);
      answer = reply ? message_of(std::move(*reply)) : answer_of(next);  // not kept: made again
    }
    OCF_ASSERT(fetched == copy_of(body_), "an answer arrives as it was given");
  }

 private:
  std::size_t unit() const { return Block{0, false, size_exponent_}.unit(); }
  // A BERT message carries several blocks.
  std::size_t part_bytes() const { return size_exponent_ == Block::bert ? 2 * unit() : unit(); }

  static Message request_of(std::string_view path) {
    Message request;
    request.code = Code::get;
    request.add_path(path);
    return request;
  }

  // Another request, with any block options.
  void disturb() {
    if (noise_ == 0) return;
    noise_ = static_cast<std::uint8_t>(noise_ * 5 + 1);
    Message other = request_of("/other");
    other.add_uint(OptionNumber::block1, noise_ >> 2);
    if ((noise_ & 1) != 0) other.add_uint(OptionNumber::block2, noise_ >> 1);
    other.payload = copy_of(body_.first(std::min<std::size_t>(body_.size(), noise_)));
    blocks_.take(other, message_bytes_max_, now_);
  }

  Message first_answer() {
    Message request = request_of("/from");
    request.add(OptionNumber::block2, coap::encode_block({0, false, size_exponent_}));
    return answer_of(request);
  }

  Message answer_of(const Message& request) {
    disturb();
    Message answer;
    answer.code = Code::content;
    answer.payload = copy_of(body_);
    return message_of(blocks_.answer(request, std::move(answer), message_bytes_max_, now_));
  }

  static Message message_of(BlockTransfer::Reply reply) {
    OCF_ASSERT(std::holds_alternative<Message>(reply), "a block that there is is not refused");
    return std::get<Message>(std::move(reply));
  }
  static bool is_message(const std::optional<BlockTransfer::Reply>& reply, Code code) {
    return reply && std::holds_alternative<Message>(*reply) && std::get<Message>(*reply).code == code;
  }
  static bool is_refusal(const std::optional<BlockTransfer::Reply>& reply, Code code) {
    return reply && std::holds_alternative<BlockTransfer::Refusal>(*reply) &&
           std::get<BlockTransfer::Refusal>(*reply).code == code;
  }

  const Limits limits_ = small_limits();
  const SteadyTime now_{};
  const std::uint8_t size_exponent_;
  const std::size_t message_bytes_max_;  // 64 to 8192
  std::uint8_t noise_;
  const ByteView body_;
  BlockTransfer blocks_;
};

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size < 3) return 0;
  Peer peer(data[0], data[1], ByteView(data, size).subspan(2));
  peer.send();
  peer.fetch();
  return 0;
}

}  // namespace ocf::gateway
