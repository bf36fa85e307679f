#include "cloud/point.hpp"

#include "base/decimal.hpp"
#include "cloud/error.hpp"

namespace ocf::cloud {
namespace {

// Takes what a text begins with, piece by piece; once something is missing, nothing is found any more.
class Scanner {
 public:
  explicit Scanner(std::string_view text) : left_(text) {}

  bool take(char wanted) {
    if (left_.empty() || left_.front() != wanted) return false;
    left_.remove_prefix(1);
    return true;
  }
  void expect(char wanted) { failed_ = !take(wanted) || failed_; }
  // Exactly so many digits.
  unsigned number(std::size_t digits, unsigned max) {
    const std::string_view text = left_.substr(0, digits);
    const auto value = parse_decimal<unsigned>(text);
    if (!value || text.size() != digits || *value > max) {
      failed_ = true;
      return 0;
    }
    left_.remove_prefix(digits);
    return *value;
  }
  // Of a second, as milliseconds; at least one digit.
  int fraction() {
    int value = 0, unit = 100;
    const std::size_t before = left_.size();
    for (; !left_.empty() && left_.front() >= '0' && left_.front() <= '9'; left_.remove_prefix(1)) {
      value += unit * (left_.front() - '0');
      unit /= 10;
    }
    if (left_.size() == before) failed_ = true;
    return value;
  }
  bool is_done() const { return !failed_ && left_.empty(); }

 private:
  std::string_view left_;
  bool failed_ = false;
};

std::chrono::minutes offset(Scanner& text) {
  if (text.take('Z') || text.take('z')) return {};
  const bool is_west = text.take('-');
  if (!is_west) text.expect('+');
  const unsigned hours = text.number(2, 23);
  text.expect(':');
  const std::chrono::minutes east(60 * hours + text.number(2, 59));
  return is_west ? -east : east;
}

}  // namespace

std::optional<Time> parse_time(std::string_view whole) {
  Scanner text(whole);
  const unsigned year = text.number(4, 9999);
  text.expect('-');
  const unsigned month = text.number(2, 12);
  text.expect('-');
  const unsigned day = text.number(2, 31);
  if (!text.take('t')) text.expect('T');
  const unsigned hours = text.number(2, 23);
  text.expect(':');
  const unsigned minutes = text.number(2, 59);
  text.expect(':');
  const unsigned seconds = text.number(2, 60);  // a leap second is the next one
  const int milliseconds = text.take('.') ? text.fraction() : 0;
  const std::chrono::minutes east = offset(text);
  const std::chrono::year_month_day date{std::chrono::year(static_cast<int>(year)), std::chrono::month(month),
                                         std::chrono::day(day)};
  if (!text.is_done() || !date.ok()) return std::nullopt;
  return Time(std::chrono::sys_days(date)) + std::chrono::hours(hours) + std::chrono::minutes(minutes) -
         east + std::chrono::seconds(seconds) + std::chrono::milliseconds(milliseconds);
}

Result<Point> Point::parse(std::string_view text, es::Partition partitions) {
  if (const auto time = parse_time(text)) return Point(*time);
  auto cursor = Cursor::parse(text, partitions);
  if (!cursor) return CloudError::malformed_point;
  return Point(std::move(*cursor));
}

bool Point::includes(const es::RecordedEvent& recorded) const {
  if (is_time()) return recorded.event.time <= time_;
  return recorded.position.offset < cursor_.next[recorded.position.partition];
}

bool Point::is_after(Time now, const Cursor& end) const {
  if (is_time()) return time_ > now;
  for (std::size_t partition = 0; partition < end.next.size(); ++partition) {
    if (cursor_.next[partition] > end.next[partition]) return true;
  }
  return false;
}

}  // namespace ocf::cloud
