#include "device/refusal.hpp"

#include <gtest/gtest.h>

#include <set>

namespace ocf::device {
namespace {

TEST(Refusal, HasOneSentenceOfAdviceForEachCause) {
  for (const Stage stage : {Stage::request, Stage::http}) {
    for (int value = 0; value <= static_cast<int>(Cause::other); ++value) {
      const std::string_view sentence = advice({stage, static_cast<Cause>(value)});
      ASSERT_FALSE(sentence.empty()) << value;
      EXPECT_TRUE(sentence.ends_with('.')) << sentence;
      EXPECT_EQ(sentence.find(". "), sentence.npos) << sentence;
    }
  }
  EXPECT_NE(advice({Stage::http, Cause::bad_token}), advice({Stage::sign_in, Cause::bad_token}));
}

TEST(Refusal, EachCauseHasANameOfItsOwn) {
  std::set<std::string_view> names;
  for (int value = 0; value <= static_cast<int>(Cause::other); ++value) {
    const std::string_view name = name_of(static_cast<Cause>(value));
    EXPECT_NE(name, "unknown") << value;
    EXPECT_TRUE(names.insert(name).second) << name;
  }
}

}  // namespace
}  // namespace ocf::device
