// CounterTable: counters by labels, for labels that are names of the code and therefore few.
#pragma once

#include "telemetry/counter.hpp"

#include <cstddef>
#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <utility>

namespace ocf::telemetry {

// By two labels; who has one leaves the second empty. Lives on a shard. The first of a kind costs two
// allocations, every later one a lookup. Above rows_max what is new is counted as "other": what a peer
// chooses must not be a label, and if it ever became one, it would fill no memory.
class CounterTable {
 public:
  static constexpr std::size_t rows_max = 512;

  struct Labels {
    std::string first, second;
  };
  struct Less {
    using is_transparent = void;
    template <class A, class B>
    bool operator()(const A& a, const B& b) const {
      const std::string_view a1 = a.first, b1 = b.first;
      return a1 != b1 ? a1 < b1 : std::string_view(a.second) < std::string_view(b.second);
    }
  };
  using Rows = std::map<Labels, std::uint64_t, Less>;

  void add(std::string_view first, std::string_view second = {}, std::uint64_t more = 1);
  std::uint64_t value(std::string_view first, std::string_view second = {}) const;
  const Rows& rows() const { return rows_; }

 private:
  Rows rows_;
};

}  // namespace ocf::telemetry
