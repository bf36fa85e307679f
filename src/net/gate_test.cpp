#include "net/gate.hpp"

#include "net/test_loop.hpp"

namespace ocf::net {
namespace {

class GateTest : public TestLoop {
 protected:
  awaitable<void> close_and_wait(Gate& gate, bool& emptied) {
    gate.close();
    co_await gate.left();
    emptied = true;
  }

  awaitable<void> wait_for_two_holders() {
    Gate gate;
    std::optional<Gate::Holder> first(gate.enter().value());
    std::optional<Gate::Holder> second(gate.enter().value());
    bool emptied = false;
    shard_.spawn(close_and_wait(gate, emptied));
    co_await yield();
    co_await yield();
    EXPECT_EQ(gate.enter().error(), make_error_code(NetError::closed));
    first.reset();
    co_await yield();
    co_await yield();
    EXPECT_FALSE(emptied);
    EXPECT_EQ(gate.holders(), 1u);
    second.reset();
    while (!emptied) co_await yield();
  }

  awaitable<void> wait_for_nobody() {
    Gate gate;
    gate.close();
    co_await gate.left();
  }
};

TEST_F(GateTest, RefusesNewHoldersAndWaitsForTheOldOnes) { run(wait_for_two_holders()); }

TEST_F(GateTest, IsLeftAtOnceWhenNobodyIsInside) { run(wait_for_nobody()); }

TEST(GateHolder, LeavesOnceHoweverOftenItMoves) {
  Gate gate;
  {
    auto holder = gate.enter();
    Gate::Holder moved(std::move(*holder));
    auto other = gate.enter();
    EXPECT_EQ(gate.holders(), 2u);
    moved = std::move(*other);
    EXPECT_EQ(gate.holders(), 1u);
  }
  EXPECT_EQ(gate.holders(), 0u);
  gate.close();
}

TEST(GateDeathTest, AssertsThatAUsedGateWasClosed) {
  EXPECT_DEATH(
      {
        Gate gate;
        { auto holder = gate.enter(); }
      },
      "closed before its owner goes");
}

}  // namespace
}  // namespace ocf::net
