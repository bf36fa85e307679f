#include "base/overload.hpp"
#include "links/links.hpp"

namespace ocf::links {

Links::State Links::evolve(State state, const Event& event) {
  std::visit(overload{[&](const LinksPublished& e) {
                        for (const Link& link : e.links) {
                          state.links.insert_or_assign(link.href, link);
                          if (e.ends)
                            state.ends.insert_or_assign(link.href, *e.ends);
                          else
                            state.ends.erase(link.href);
                        }
                        if (!e.name.empty()) state.name = e.name;
                      },
                      [&](const LinksUnpublished& e) {
                        for (const Href& href : e.hrefs) {
                          state.links.erase(href);
                          state.ends.erase(href);
                        }
                      }},
             event);
  return state;
}

}  // namespace ocf::links
