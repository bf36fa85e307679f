// A stored event as one line for people: time, device, href, what happened, and what it says.
#pragma once

#include <boost/json/value.hpp>

#include <string>

namespace ocf::server {

// Of an event as the HTTP API shows it. The content is shown instead of the whole data, where there is one.
std::string event_line(const boost::json::value& event);

}  // namespace ocf::server
