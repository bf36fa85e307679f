#include "gateway/block_transfer.hpp"

#include "coap/frame.hpp"

#include <algorithm>
#include <utility>

namespace ocf::gateway {

using coap::Block;
using coap::Code;
using coap::Message;
using coap::Option;
using coap::OptionNumber;

namespace {

// A peer that takes no longer messages than this gets no BERT (RFC 8323 §6).
constexpr std::size_t base_message_bytes = 1152;
constexpr std::size_t bert_unit = 1024;
// What a block adds to its message besides its bytes, at most: Block2, the payload marker, a longer length.
constexpr std::size_t block_overhead_bytes = 5 + 1 + 4;

std::optional<Block> block_of(const Message& request, OptionNumber number) {
  const Option* option = request.find(number);
  return option == nullptr ? std::nullopt : coap::decode_block(option->value);
}

bool is_malformed(const Message& request, OptionNumber number) {
  return request.find(number) != nullptr && !block_of(request, number);
}

void remove(Message& message, OptionNumber number) {
  std::erase_if(message.options, [number](const Option& option) {
    return option.number == static_cast<std::uint16_t>(number);
  });
}

template <class Transfers, class Key>
auto find(Transfers& transfers, const Key& key) {
  return std::find_if(transfers.begin(), transfers.end(),
                      [&key](const auto& transfer) { return transfer.key == key; });
}

// Every part but the last is as long as its size says; a BERT part is any number of blocks (RFC 8323 §6).
bool has_right_length(const Block& part, std::size_t bytes) {
  const bool is_bert = part.size_exponent == Block::bert;
  if (!part.more) return is_bert || bytes <= part.unit();
  return is_bert ? bytes > 0 && bytes % bert_unit == 0 : bytes == part.unit();
}

// The same for the same body, so that blocks of an answer that was made twice are known to belong together
// (FNV-1a).
Bytes etag_of(ByteView body) {
  std::uint64_t hash = 0xcbf29ce484222325;
  for (const std::uint8_t byte : body) hash = (hash ^ byte) * 0x100000001b3;
  return copy_of(coap::Token::of(hash).bytes());
}

bool needs_blocks(const Message& response, const Block& wanted, std::size_t message_bytes_max) {
  const bool is_longer_than_asked =
      wanted.size_exponent != Block::bert && response.payload.size() > wanted.unit();
  return !response.payload.empty() &&
         (is_longer_than_asked || coap::frame_bytes(response) > message_bytes_max);
}

// How the block is cut: its size exponent, the one that was asked for or the largest below it that fits, and
// its bytes.
struct Cut {
  std::uint8_t size_exponent;
  std::size_t bytes;
};
// nullopt: not even the smallest block fits.
std::optional<Cut> cut_for(const Message& head, std::uint8_t size_exponent, std::size_t message_bytes_max) {
  const std::size_t taken = coap::frame_bytes(head) + block_overhead_bytes;
  const std::size_t room = message_bytes_max - std::min(message_bytes_max, taken);
  if (size_exponent == Block::bert) {
    if (message_bytes_max > base_message_bytes && room >= bert_unit)
      return Cut{Block::bert, room / bert_unit * bert_unit};
    --size_exponent;
  }
  for (;; --size_exponent) {
    const Block block{0, false, size_exponent};
    if (block.unit() <= room) return Cut{size_exponent, block.unit()};
    if (size_exponent == 0) return std::nullopt;
  }
}

BlockTransfer::Reply block_of_body(Message head, ByteView body, const Block& wanted,
                                   std::size_t message_bytes_max) {
  const std::size_t offset = wanted.offset();
  if (offset >= body.size())
    return BlockTransfer::Refusal{Code::bad_request, "the block is beyond the end of the answer"};
  const auto cut = cut_for(head, wanted.size_exponent, message_bytes_max);
  Block block;
  if (cut) block.size_exponent = cut->size_exponent;
  if (!cut || offset / block.unit() > Block::number_max) {
    head.payload = copy_of(body);
    return head;
  }
  block.number = static_cast<std::uint32_t>(offset / block.unit());
  head.payload = copy_of(body.subspan(offset, std::min(cut->bytes, body.size() - offset)));
  block.more = offset + head.payload.size() < body.size();
  head.add(OptionNumber::block2, coap::encode_block(block));
  return head;
}

}  // namespace

bool is_block_wise(const Message& request) {
  if (is_malformed(request, OptionNumber::block1) || is_malformed(request, OptionNumber::block2)) return true;
  const Block part = block_of(request, OptionNumber::block1).value_or(Block());
  const Block wanted = block_of(request, OptionNumber::block2).value_or(Block());
  return part.number > 0 || part.more || wanted.number > 0;
}

BlockTransfer::Key BlockTransfer::key_of(const Message& request) {
  Key key{request.code, {}};
  for (const Option& option : request.options) {
    switch (static_cast<OptionNumber>(option.number)) {
      case OptionNumber::uri_path:
      case OptionNumber::uri_query:
      case OptionNumber::accept:
      case OptionNumber::ocf_accept_content_format_version: key.options.push_back(option); break;
      default: break;
    }
  }
  return key;
}

BlockTransfer::Key BlockTransfer::key_of_body(const Message& request) {
  Key key = key_of(request);
  if (const Option* format = request.find(OptionNumber::content_format)) key.options.push_back(*format);
  return key;
}

std::optional<BlockTransfer::Reply> BlockTransfer::take(Message& request, std::size_t message_bytes_max,
                                                        SteadyTime now) {
  if (is_malformed(request, OptionNumber::block1) || is_malformed(request, OptionNumber::block2))
    return Refusal{Code::bad_option, "a Block option is longer than three bytes"};
  tick(now);
  const auto wanted = block_of(request, OptionNumber::block2);
  if (wanted && wanted->number > 0) return later_block(request, *wanted, message_bytes_max, now);
  return take_part(request, block_of(request, OptionNumber::block1).value_or(Block()), now);
}

// -- Requests in parts

std::optional<BlockTransfer::Reply> BlockTransfer::take_part(Message& request, const Block& part,
                                                             SteadyTime now) {
  if (!has_right_length(part, request.payload.size()))
    return Refusal{Code::bad_request, "the part is not as long as its Block1 option says"};
  Key key = key_of_body(request);
  auto found = find(arriving_, key);
  if (found != arriving_.end() && part.number == 0) {
    arriving_.erase(found);
    found = arriving_.end();
  }
  if (found == arriving_.end()) {
    if (part.number > 0)
      return Refusal{Code::request_entity_incomplete, "the beginning of the body has not arrived"};
    if (arriving_.size() >= limits_.block_requests_max)
      return Refusal{Code::service_unavailable, "too many bodies are arriving in parts",
                     "block_requests_max"};
    found = arriving_.insert(arriving_.end(), Arriving{std::move(key), {}, now});
  }
  Bytes& body = found->body;
  if (part.offset() != body.size()) {
    arriving_.erase(found);
    return Refusal{Code::request_entity_incomplete, "a part of the body is missing"};
  }
  const std::size_t bytes_in_all = std::max<std::size_t>(body.size() + request.payload.size(),
                                                         request.uint(OptionNumber::size1).value_or(0));
  if (bytes_in_all > limits_.frame_bytes_max) {
    arriving_.erase(found);
    return Refusal{Code::request_entity_too_large, "the body is longer than the hub takes",
                   "frame_bytes_max"};
  }
  body.insert(body.end(), request.payload.begin(), request.payload.end());
  found->used = now;
  if (!part.more) {
    request.payload = std::move(body);
    arriving_.erase(found);
    return std::nullopt;
  }
  Message go_on;
  go_on.code = Code::continue_;
  go_on.add(OptionNumber::block1, coap::encode_block(part));
  return go_on;
}

// -- Answers in blocks

std::optional<BlockTransfer::Reply> BlockTransfer::later_block(Message& request, const Block& wanted,
                                                               std::size_t message_bytes_max,
                                                               SteadyTime now) {
  const auto found = find(kept_, key_of(request));
  if (found != kept_.end()) {
    found->used = now;
    Message head = found->head;
    head.token = request.token;
    return block_of_body(std::move(head), *found->body, wanted, message_bytes_max);
  }
  if (request.code != Code::get)
    return Refusal{Code::request_entity_incomplete, "the answer with that block is not kept any more"};
  // Later blocks are no observation (RFC 7959 §3.4).
  remove(request, OptionNumber::observe);
  return std::nullopt;
}

BlockTransfer::Reply BlockTransfer::answer(const Message& request, Message response,
                                           std::size_t message_bytes_max, SteadyTime now) {
  tick(now);
  response.token = request.token;  // it counts: where an answer is cut depends on its length
  if (const Option* part = request.find(OptionNumber::block1))
    response.add(OptionNumber::block1, part->value);
  const Block wanted = block_of(request, OptionNumber::block2).value_or(Block());
  if (wanted.number == 0 && !needs_blocks(response, wanted, message_bytes_max)) return response;
  if (wanted.number > 0 && response.code != Code::content) return response;

  const SharedBytes body = share(std::exchange(response.payload, {}));
  if (response.find(OptionNumber::etag) == nullptr) response.add(OptionNumber::etag, etag_of(*body));
  keep(request, response, body, now);
  if (wanted.number == 0) response.add_uint(OptionNumber::size2, body->size());
  return block_of_body(std::move(response), *body, wanted, message_bytes_max);
}

void BlockTransfer::keep(const Message& request, Message head, SharedBytes body, SteadyTime now) {
  Key key = key_of(request);
  std::erase_if(kept_, [&key](const Kept& kept) { return kept.key == key; });
  if (body->size() > limits_.block_answers_bytes_max) return;
  remove(head, OptionNumber::observe);
  remove(head, OptionNumber::block1);
  kept_.push_back({std::move(key), std::move(head), std::move(body), now});

  std::size_t bytes = 0;
  for (const Kept& kept : kept_) bytes += kept.body->size();
  while (kept_.size() > limits_.block_answers_max || bytes > limits_.block_answers_bytes_max) {
    bytes -= kept_.front().body->size();
    kept_.erase(kept_.begin());
  }
}

// -- Time

void BlockTransfer::tick(SteadyTime now) {
  const auto is_old = [&](const auto& transfer) {
    return transfer.used + limits_.block_transfer_time <= now;
  };
  std::erase_if(arriving_, is_old);
  std::erase_if(kept_, is_old);
}

SteadyTime BlockTransfer::deadline() const {
  SteadyTime deadline = SteadyTime::max();
  const auto include = [&](const auto& transfer) {
    deadline = std::min(deadline, transfer.used + limits_.block_transfer_time);
  };
  std::for_each(arriving_.begin(), arriving_.end(), include);
  std::for_each(kept_.begin(), kept_.end(), include);
  return deadline;
}

void BlockTransfer::clear() {
  arriving_.clear();
  kept_.clear();
}

}  // namespace ocf::gateway
