// A table for people: columns aligned, two spaces between them.
#pragma once

#include <string>
#include <vector>

namespace ocf::server {

class Table {
 public:
  explicit Table(std::vector<std::string> head) : rows_{std::move(head)} {}
  // As many cells as the head has.
  void add(std::vector<std::string> row) { rows_.push_back(std::move(row)); }
  // One line a row, the head first, without trailing spaces. Widths count code points.
  std::string text() const;

 private:
  std::vector<std::vector<std::string>> rows_;
};

}  // namespace ocf::server
