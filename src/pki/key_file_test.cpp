#include "pki/key_file.hpp"

#include "base/random.hpp"

#include <gtest/gtest.h>

#include <sys/stat.h>

namespace ocf::pki {
namespace {

namespace fs = std::filesystem;

class KeyFileTest : public testing::Test {
 protected:
  KeyFileTest() { fs::create_directory(directory_); }
  ~KeyFileTest() override { fs::remove_all(directory_); }

  std::ptrdiff_t files() const {
    return std::distance(fs::directory_iterator(directory_), fs::directory_iterator());
  }

  const fs::path directory_ = fs::temp_directory_path() / ("key_file_test-" + random_uuid());
};

TEST_F(KeyFileTest, LoadsWhatWasSavedAndLeavesNothingElseBehind) {
  const fs::path path = directory_ / "hub.key";
  ASSERT_TRUE(save(path, "first"));
  ASSERT_TRUE(save(path, "second"));
  EXPECT_EQ(load(path).value(), "second");
  EXPECT_EQ(files(), 1);
}

TEST_F(KeyFileTest, IsForItsOwnerAloneEvenWhereAWiderFileStood) {
  const fs::path path = directory_ / "hub.key";
  ASSERT_TRUE(save(path, "first"));
  fs::permissions(path, fs::perms::all);
  ASSERT_TRUE(save(path, "second"));
  EXPECT_EQ(fs::status(path).permissions(), fs::perms::owner_read | fs::perms::owner_write);
}

TEST_F(KeyFileTest, ReportsWhatTheSystemRefuses) {
  EXPECT_EQ(load(directory_ / "missing").error(), boost::system::errc::no_such_file_or_directory);
  EXPECT_EQ(save(directory_ / "missing" / "hub.key", "x").error(),
            boost::system::errc::no_such_file_or_directory);
  fs::create_directory(directory_ / "folder");
  EXPECT_FALSE(save(directory_ / "folder", "x"));  // the rename fails
  EXPECT_EQ(files(), 1);
}

TEST_F(KeyFileTest, AppendsLinesAlsoBehindOneThatWasCutShort) {
  const fs::path path = directory_ / "issued";
  ASSERT_TRUE(append_line(path, "first"));
  EXPECT_EQ(fs::status(path).permissions(), fs::perms::owner_read | fs::perms::owner_write);
  ASSERT_TRUE(save(path, "first\nsec"));
  ASSERT_TRUE(append_line(path, "third"));
  EXPECT_EQ(load(path).value(), "first\nsec\nthird\n");
  EXPECT_EQ(append_line(directory_ / "missing" / "issued", "x").error(),
            boost::system::errc::no_such_file_or_directory);
}

TEST_F(KeyFileTest, RefusesToLoadMoreThanAMebibyte) {
  ASSERT_TRUE(save(directory_ / "large", std::string(1024 * 1024 + 1, 'x')));
  EXPECT_EQ(load(directory_ / "large").error(), boost::system::errc::file_too_large);
}

}  // namespace
}  // namespace ocf::pki
