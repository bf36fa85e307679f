#include "sim/indefinite_writer.hpp"

#include "base/overload.hpp"

namespace ocf::sim {

IndefiniteWriter& IndefiniteWriter::texts(const std::vector<std::string>& texts) {
  open_array();
  for (const std::string& one : texts) text(one);
  return close();
}

IndefiniteWriter& IndefiniteWriter::value(const Value& value) {
  std::visit(overload{[this](bool truth) { items_.boolean(truth); },
                      [this](std::int64_t number) { items_.integer(number); },
                      [this](const std::string& one) { items_.text(one); },
                      [this](const std::vector<std::string>& several) { texts(several); }},
             value);
  return *this;
}

}  // namespace ocf::sim
