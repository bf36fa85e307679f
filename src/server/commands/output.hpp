// Standard output of commands that print as they go.
#pragma once

namespace ocf::server {

// What was printed so far is out when it returns. Throws CommandFailure (failed): standard output takes no
// more.
void flush_output();

}  // namespace ocf::server
