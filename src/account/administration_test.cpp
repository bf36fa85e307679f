#include "account/administration.hpp"

#include <gtest/gtest.h>

namespace ocf::account {
namespace {

es::RecordedEvent recorded(es::EncodedEvent encoded) {
  es::NewEvent event;
  event.type = std::move(encoded.type);
  event.data = std::move(encoded.data);
  return {{}, Administration::stream(es::Tenant("default")), 1, std::move(event)};
}

TEST(Administration, ReadsEachActAsItWasWritten) {
  for (const Act act : {Act::token_issued, Act::code_issued, Act::certificate_issued, Act::authority_trusted,
                        Act::certificates_revoked, Act::configuration_reloaded, Act::drain_begun}) {
    const Administration::Event event = AdministrativeAct{act, "alice"};
    const auto read = Administration::decode(recorded(Administration::encode(event)));
    ASSERT_TRUE(read && *read);
    EXPECT_EQ(**read, event);
  }
  EXPECT_EQ(Administration::encode(AdministrativeAct{Act::token_issued, ""}).type, "TokenIssued");
}

TEST(Administration, PassesOverActsOfANewerRelease) {
  const auto read = Administration::decode(recorded({"HubSold", {}}));
  EXPECT_TRUE(read && !*read);
}

TEST(Administration, CountsActs) {
  const auto decided = Administration::decide({}, AdministrativeAct{Act::drain_begun, "100"});
  ASSERT_EQ(decided->size(), 1u);
  EXPECT_EQ(Administration::evolve({}, decided->front()).acts, 1u);
}

}  // namespace
}  // namespace ocf::account
