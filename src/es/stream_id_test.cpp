#include "es/stream_id.hpp"

#include "es/error.hpp"

#include <gtest/gtest.h>

namespace ocf::es {
namespace {

TEST(StreamId, IsItsPartsBetweenSlashes) {
  const StreamId id(Tenant("default"), "028acc3a", 3, "resource/light/1");
  EXPECT_EQ(id.text(), "default/028acc3a/3/resource/light/1");
  EXPECT_EQ(id.tenant(), "default");
  EXPECT_EQ(id.entity(), "028acc3a");
  EXPECT_EQ(id.registration(), 3u);
  EXPECT_EQ(id.name(), "resource/light/1");
}

TEST(StreamId, SurvivesParsing) {
  for (const char* text :
       {"default/a/0/holder", "t/code:1f/0/code", "t/d/18446744073709551615/resource/a//b/", "t/d/1//"}) {
    const auto id = StreamId::parse(text);
    ASSERT_TRUE(id) << text;
    EXPECT_EQ(id->text(), text);
    EXPECT_EQ(StreamId(Tenant(std::string(id->tenant())), id->entity(), id->registration(), id->name()), *id);
  }
}

TEST(StreamId, RefusesATextThatIsNone) {
  for (const char* text : {"", "/", "a", "a/b", "a/b/1", "a/b/1/", "/b/1/c", "a//1/c", "a/b//c", "a/b/x/c",
                           "a/b/-1/c", "a/b/1x/c", "a/b/+1/c", "a/b/ 1/c", "a/b/18446744073709551616/c"}) {
    EXPECT_EQ(StreamId::parse(text).error(), StoreError::malformed_stream_id) << text;
  }
}

TEST(StreamId, HasOneTextPerStream) {
  EXPECT_EQ(StreamId::parse("a/b/01/c").error(), StoreError::malformed_stream_id)
      << "the same stream as a/b/1/c";
}

// Stored: whoever changes one of these numbers loses every device of every store.
TEST(Partition, IsAFixedHashOfTenantAndEntity) {
  const StreamId device(Tenant("default"), "028acc3a-d1a5-4246-79cd-2876cfc55916", 3, "device");
  EXPECT_EQ(partition_of(device, 16), 1);
  EXPECT_EQ(partition_of(device, 7), 3);
  const StreamId code(Tenant("acme"), "code:1f2e", 0, "code");
  EXPECT_EQ(partition_of(code, 16), 11);
  EXPECT_EQ(partition_of(code, 7), 0);
  const StreamId not_ascii(Tenant("x"), "\xc3\xbc", 0, "device");
  EXPECT_EQ(partition_of(not_ascii, 16), 7);
  EXPECT_EQ(partition_of(not_ascii, 7), 0);
}

TEST(Partition, IsTheSameForAllStreamsOfADevice) {
  const Tenant tenant("default");
  const auto partition = partition_of(StreamId(tenant, "d", 0, "holder"), 16);
  EXPECT_EQ(partition_of(StreamId(tenant, "d", 1, "device"), 16), partition);
  EXPECT_EQ(partition_of(StreamId(tenant, "d", 2, "resource/a/b"), 16), partition);
}

TEST(Partition, IsZeroIfThereIsOne) { EXPECT_EQ(partition_of(StreamId(Tenant("t"), "d", 0, "n"), 1), 0); }

}  // namespace
}  // namespace ocf::es
