// Our codecs as a filter, for test_codec.py, which compares them with others. Each line of the input is a
// letter and a message in hex, each line of the output what it is to us, and the same message as we write it:
//
//   c HEX   CBOR          ok HEX      | error SENTENCE
//   f HEX   CoAP on TCP   ok CODE TOKEN NUMBER=HEX,… PAYLOAD HEX      | error SENTENCE | incomplete
#include "cbor/cbor.hpp"
#include "coap/frame.hpp"

#include <algorithm>
#include <iostream>
#include <string>
#include <string_view>

namespace ocf {
namespace {

void copy_item(cbor::Reader& reader, cbor::Writer& writer);

// Of an array, or of a map with two items to an element. Returns the elements.
std::size_t copy_elements(cbor::Reader& reader, cbor::Reader::Container container, int items, Bytes& out) {
  cbor::Writer writer(out);
  std::size_t elements = 0;
  for (; reader.next(container); ++elements) {
    for (int item = 0; item < items; ++item) copy_item(reader, writer);
  }
  return elements;
}

void copy_item(cbor::Reader& reader, cbor::Writer& writer) {
  Bytes inner;
  switch (reader.peek()) {
    case cbor::Type::unsigned_integer: writer.uint(reader.uint()); return;
    case cbor::Type::negative_integer: {
      cbor::Reader there = reader;
      const std::int64_t value = there.integer();
      if (there.error()) {  // below -2^63: it has no type here
        writer.encoded(reader.skip());
      } else {
        writer.integer(value);
        reader = there;
      }
      return;
    }
    case cbor::Type::bytes: writer.bytes(reader.bytes()); return;
    case cbor::Type::text: writer.text(reader.text()); return;
    case cbor::Type::boolean: writer.boolean(reader.boolean()); return;
    case cbor::Type::floating: writer.floating(reader.floating()); return;
    case cbor::Type::array: {
      const std::size_t items = copy_elements(reader, reader.array(), 1, inner);
      writer.array(items).encoded(inner);
      return;
    }
    case cbor::Type::map: {
      const std::size_t pairs = copy_elements(reader, reader.map(), 2, inner);
      writer.map(pairs).encoded(inner);
      return;
    }
    case cbor::Type::null:
    case cbor::Type::undefined:
      reader.null();
      writer.null();
      return;
    case cbor::Type::tag:
    case cbor::Type::simple:
    case cbor::Type::end: writer.encoded(reader.skip()); return;
  }
}

std::string of_cbor(ByteView bytes) {
  if (const auto checked = cbor::check(bytes); !checked) return "error " + checked.error().message();
  Bytes copy;
  cbor::Reader reader(bytes);
  cbor::Writer writer(copy);
  copy_item(reader, writer);
  reader.finish();
  if (reader.error()) return "error " + reader.error().message();
  return "ok " + to_hex(copy);
}

std::string of_frame(ByteView bytes) {
  const auto frame = coap::decode_frame(bytes, {});
  if (!frame) return "error " + frame.error().message();
  if (!*frame) return "incomplete";
  const coap::Message& message = (*frame)->message;
  std::string options;
  for (const coap::Option& option : message.options) {
    if (!options.empty()) options += ',';
    options += std::to_string(option.number) + '=' + to_hex(option.value);
  }
  return "ok " + coap::to_text(message.code) + ' ' + to_hex(message.token.bytes()) + ' ' + options + ' ' +
         to_hex(message.payload) + ' ' + to_hex(coap::encode_frame(message));
}

}  // namespace
}  // namespace ocf

int main() {
  std::ios::sync_with_stdio(false);
  for (std::string line; std::getline(std::cin, line);) {
    const std::string_view text = line;
    const auto bytes = ocf::from_hex(text.substr(std::min<std::size_t>(2, text.size())));
    if (!bytes) return 2;
    std::cout << (line[0] == 'c' ? ocf::of_cbor(*bytes) : ocf::of_frame(*bytes)) << '\n';
  }
  return 0;
}
