// Any bytes as the value of an option, as a path and as a whole message: values go there and back, paths and
// queries are read as they were put, what is logged of a message is one line, and its description is bounded.
#include "base/assert.hpp"
#include "coap/block.hpp"
#include "coap/description.hpp"
#include "coap/frame.hpp"
#include "coap/signaling.hpp"

#include <algorithm>
#include <sstream>

namespace ocf::coap {
namespace {

void check_value(ByteView value) {
  const auto number = decode_uint(value);
  OCF_ASSERT(number.has_value() == (value.size() <= 8), "a number has at most 8 bytes");
  if (number) {
    const Bytes shortest = encode_uint(*number);
    OCF_ASSERT(shortest.size() <= value.size() && decode_uint(shortest) == number,
               "a number is written in the fewest bytes");
  }

  const auto block = decode_block(value);
  OCF_ASSERT(block.has_value() == (value.size() <= 3), "a block has at most three bytes");
  if (block) {
    OCF_ASSERT(block->number <= Block::number_max, "three bytes bound the number");
    OCF_ASSERT(block->unit() >= 16 && block->unit() <= 1024, "a block has 16 to 1024 bytes");
    OCF_ASSERT(block->offset() % block->unit() == 0, "a block begins where another one ended");
    OCF_ASSERT(decode_block(encode_block(*block)) == block, "a block is read as it was written");
  }
}

void check_path(std::string_view text) {
  Message message;
  message.add_path(text);
  Message again;
  again.add_path(message.path());
  OCF_ASSERT(message == again, "a path is read as it was put");
  for (const Option& option : message.options)
    OCF_ASSERT(!option.value.empty(), "empty segments are dropped");
  OCF_ASSERT(message.path().size() <= text.size() + 1, "a path does not grow");

  message.add(OptionNumber::uri_query, text);
  for (const std::string& value : message.query("if")) {
    OCF_ASSERT("if=" + value == text, "a query is read as it was put");
  }
}

void check_logged(const Message& message) {
  std::ostringstream out;
  out << message;
  const std::string line = out.str();
  OCF_ASSERT(std::all_of(line.begin(), line.end(), [](char c) { return c >= ' ' && c <= '~'; }),
             "no peer writes lines of the log");
}

void check_description(const Message& message) {
  const std::string text = describe(message);
  OCF_ASSERT(!text.empty() && text.size() <= 5 * 1024, "a description is bounded");
  const auto lines = static_cast<std::size_t>(std::count(text.begin(), text.end(), '\n'));
  OCF_ASSERT(lines <= message.options.size() + 1, "no peer writes lines of a description");
}

void check_signaling(const Message& message) {
  const auto outcome = apply_csm({}, message);
  OCF_ASSERT(outcome.capabilities.announced || outcome.capabilities.max_message_size == 1152,
             "a size that was not announced is the default one");
  const Message answer = pong(message);
  OCF_ASSERT(answer.token == message.token, "a Pong has its Ping's token");
  OCF_ASSERT(wants_custody(answer) == wants_custody(message), "custody is told to who asked for it");
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const ByteView input(data, size);
  check_value(input);
  check_path(as_text(input));
  const auto frame = coap::decode_frame(input, {});
  if (!frame || !*frame) return 0;
  const coap::Message& message = (*frame)->message;
  check_logged(message);
  check_description(message);
  check_signaling(message);
  for (const coap::Option& option : message.options) check_value(option.value);
  return 0;
}

}  // namespace ocf::coap
