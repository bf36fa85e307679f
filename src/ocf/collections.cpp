#include "ocf/collections.hpp"

#include "ocf/link_fields.hpp"
#include "ocf/payload_reader.hpp"

#include <string>
#include <utility>

namespace ocf {
namespace {

using cbor::Reader;
using cbor::Type;
using cbor::Writer;

// "/light/1" of "ocf://<di>/light/1" and of itself; nullopt: it is no path of this device.
std::optional<std::string_view> path_on(const DeviceId& device, std::string_view href) {
  const std::string own = "ocf://" + device.text();
  if (href.starts_with(own)) href.remove_prefix(own.size());
  if (!href.starts_with('/')) return std::nullopt;
  return href;
}

// Copies links and batches, and changes what leads to the device on the way.
class Rewriter {
 public:
  Rewriter(ByteView payload, const DeviceId& device, const Advertisement& advertisement, cbor::Bounds bounds)
      : payload_(payload), device_(device), advertisement_(advertisement), bounds_(bounds) {}

  Result<Bytes> rewritten() {
    Reader reader(payload_, bounds_);
    Bytes out;
    Writer writer(out);
    copy(reader, writer);
    if (const Error error = finish(reader)) return error;
    return out;
  }

 private:
  using Pair = std::pair<ByteView, ByteView>;

  // An array of links, or the map of the baseline interface that has such an array in it.
  void copy(Reader& reader, Writer& writer) {
    if (reader.peek() == Type::array) return copy_array(reader, writer);
    if (reader.peek() != Type::map) {
      writer.encoded(reader.skip());
      return;
    }
    copy_map(reader, writer, [this](std::string_view key, ByteView value, Writer& to) {
      Reader links(value, bounds_);
      if (key == "links" && links.peek() == Type::array) {
        copy_array(links, to);
      } else {
        to.encoded(value);
      }
    });
  }

  void copy_array(Reader& reader, Writer& writer) {
    std::vector<ByteView> items;
    for (auto array = reader.array(); reader.next(array);) items.push_back(reader.skip());
    writer.array(items.size());
    for (const ByteView item : items) {
      Reader inner(item, bounds_);
      if (inner.peek() == Type::map) {
        copy_map(inner, writer,
                 [this](std::string_view key, ByteView value, Writer& to) { copy_property(key, value, to); });
      } else {
        writer.encoded(item);
      }
    }
  }

  template <class CopyValue>
  void copy_map(Reader& reader, Writer& writer, CopyValue copy_value) {
    std::vector<Pair> pairs;
    for (auto map = reader.map(); reader.next(map);) {
      const ByteView key = reader.skip();
      pairs.emplace_back(key, reader.skip());
    }
    writer.map(pairs.size());
    for (const auto& [key, value] : pairs) {
      writer.encoded(key);
      copy_value(text_of(key), value, writer);
    }
  }

  void copy_property(std::string_view key, ByteView value, Writer& writer) {
    Reader reader(value, bounds_);
    if (key == "href" && reader.peek() == Type::text) {
      const std::string href = reader.text();
      const auto path = path_on(device_, href);
      writer.text(path ? advertised_href(device_, *path, advertisement_) : href);
    } else if (key == "eps") {
      write_endpoints(writer, advertisement_);
    } else {
      writer.encoded(value);
    }
  }

  std::string text_of(ByteView key) const {
    Reader reader(key, bounds_);
    return reader.peek() == Type::text ? reader.text() : std::string();
  }

  const ByteView payload_;
  const DeviceId& device_;
  const Advertisement& advertisement_;
  const cbor::Bounds bounds_;
};

}  // namespace

Result<std::vector<BatchItem>> decode_batch(ByteView payload, const DeviceId& device, const Limits& limits) {
  std::vector<BatchItem> items;
  Reader reader(payload, bounds_with_links(limits));
  for (auto array = reader.array(); reader.next(array);) {
    BatchItem item;
    read_properties(reader, [&](std::string_view key) {
      if (key == "href") {
        const std::string text = reader.text();
        const auto path = path_on(device, text);
        if (!path) return true;
        auto href = parse_href(*path, limits.href_bytes_max);
        if (href)
          item.href = std::move(*href);
        else
          reader.fail(href.error());
      } else if (key == "rep") {
        item.representation = copy_of(reader.skip());
      } else if (key == "etag" && reader.peek() == Type::bytes) {
        item.etag = reader.bytes();
      } else {
        return false;
      }
      return true;
    });
    if (!item.href.empty() && !item.representation.empty()) items.push_back(std::move(item));
  }
  if (const Error error = finish(reader)) return error;
  return items;
}

Result<Bytes> with_routed_hrefs(ByteView payload, const DeviceId& device, const Advertisement& advertisement,
                                const Limits& limits) {
  return Rewriter(payload, device, advertisement, bounds_with_links(limits)).rewritten();
}

}  // namespace ocf
