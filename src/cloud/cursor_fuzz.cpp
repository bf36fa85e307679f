// Any text as the place of a reader in the log: what is read is written within its length and read as the
// same. The first byte says how many partitions the store has.
#include "base/assert.hpp"
#include "base/bytes.hpp"
#include "cloud/cursor.hpp"

#include <algorithm>

namespace ocf {

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  const auto partitions = static_cast<es::Partition>(1 + data[0] % 16);
  const std::string_view text = as_text({data + 1, size - 1});
  const auto cursor = cloud::Cursor::parse(text, partitions);
  if (!cursor) return 0;
  OCF_ASSERT(cursor->next.size() == partitions, "a cursor has a place in every partition");
  OCF_ASSERT(std::none_of(cursor->next.begin(), cursor->next.end(), [](es::Offset at) { return at == 0; }),
             "offsets count from 1");
  const std::string written = cursor->text();
  OCF_ASSERT(written.size() <= 256 && written.size() <= text.size(),
             "a cursor is written in its shortest form");
  OCF_ASSERT(cloud::Cursor::parse(written, partitions) == *cursor, "a cursor is read as it was written");
  OCF_ASSERT(!cloud::Cursor::parse(written, static_cast<es::Partition>(partitions + 1)),
             "a cursor is of one store");
  return 0;
}

}  // namespace ocf
