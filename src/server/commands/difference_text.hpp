// What differs between two states of a device, for people.
#pragma once

#include <boost/json/value.hpp>

#include <string>

namespace ocf::server {

// Of what http::write_difference wrote, a line each; empty: nothing differs.
//   online  false -> true
//   ~ /light/1  {"power":0} -> {"power":42}
//   + /light/2  {"power":0}
//   - /light/3
std::string difference_text(const boost::json::value& difference);

}  // namespace ocf::server
