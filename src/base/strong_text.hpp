// StrongText<Tag>: a text that is one kind of thing (a tenant, an owner, an href), so that two kinds are
// never mixed up. The constructor is explicit on purpose: aggregates as temporaries of an awaited call are
// destroyed twice by g++ 12.
#pragma once

#include <compare>
#include <functional>
#include <ostream>
#include <string>
#include <string_view>

namespace ocf {

template <class Tag>
class StrongText {
 public:
  StrongText() = default;
  explicit StrongText(std::string text) : text_(std::move(text)) {}

  const std::string& text() const { return text_; }
  bool empty() const { return text_.empty(); }

  friend bool operator==(const StrongText&, const StrongText&) = default;
  friend auto operator<=>(const StrongText&, const StrongText&) = default;
  friend std::ostream& operator<<(std::ostream& out, const StrongText& id) { return out << id.text_; }

 private:
  std::string text_;
};

}  // namespace ocf

template <class Tag>
struct std::hash<ocf::StrongText<Tag>> {
  std::size_t operator()(const ocf::StrongText<Tag>& id) const noexcept {
    return std::hash<std::string>{}(id.text());
  }
};
