#include "gateway/endpoints/discovery_query.hpp"

#include <gtest/gtest.h>

namespace ocf::gateway {
namespace {

using coap::OptionNumber;

constexpr char one[] = "028acc3a-d1a5-4246-79cd-2876cfc55916";
constexpr char other[] = "aaaaaaaa-0000-0000-0000-000000000001";

std::variant<DiscoveryQuery, BadQuery> parse(const std::vector<std::string>& queries,
                                             std::optional<std::uint16_t> accept = std::nullopt) {
  coap::Message request;
  for (const std::string& query : queries) request.add(OptionNumber::uri_query, query);
  if (accept) request.add_uint(OptionNumber::accept, *accept);
  return parse_discovery_query(request);
}
DiscoveryQuery good(const std::vector<std::string>& queries,
                    std::optional<std::uint16_t> accept = std::nullopt) {
  return std::get<DiscoveryQuery>(parse(queries, accept));
}
DeviceId id(std::string_view text) { return DeviceId::parse(text).value(); }

TEST(DiscoveryQuery, HasAnyOfSeveralTypesAndDevices) {
  const DiscoveryQuery query =
      good({"rt=a", "rt=b", std::string("di=") + one, std::string("sduuid=") + other});
  EXPECT_EQ(query.filter.resource_types, (std::vector<std::string>{"a", "b"}));
  EXPECT_EQ(query.filter.devices, (std::vector<DeviceId>{id(one), id(other)}));
  EXPECT_EQ(query.form, DiscoveryForm::link_list);
}

TEST(DiscoveryQuery, MayStandInOneOption) {
  for (const char* text : {"rt=a;if=oic.if.baseline;rt=b", "rt=a&if=oic.if.baseline&rt=b"}) {
    const DiscoveryQuery query = good({text});
    EXPECT_EQ(query.filter.resource_types, (std::vector<std::string>{"a", "b"})) << text;
    EXPECT_EQ(query.form, DiscoveryForm::baseline) << text;
  }
}

TEST(DiscoveryQuery, HasTheFormOfItsInterfaceAndFormat) {
  EXPECT_EQ(good({"if=oic.if.ll"}, coap::content_format::ocf_cbor).form, DiscoveryForm::link_list);
  EXPECT_EQ(good({"if=oic.if.b"}).form, DiscoveryForm::batch);
  EXPECT_EQ(good({}, coap::content_format::cbor).form, DiscoveryForm::by_device);
  EXPECT_EQ(good({"if=oic.if.baseline"}, coap::content_format::cbor).form, DiscoveryForm::by_device);
  EXPECT_EQ(good({"if=oic.if.b"}, coap::content_format::cbor).form, DiscoveryForm::batch);
}

TEST(DiscoveryQuery, IgnoresWhatItDoesNotKnow) {
  const DiscoveryQuery query = good({"lt=3600", "rt", ";;&", "=x"});
  EXPECT_TRUE(query.filter.resource_types.empty() && query.filter.devices.empty());
}

TEST(DiscoveryQuery, IsBadWithAnIdOrInterfaceOrPageThatIsNone) {
  for (const char* text :
       {"di=x", "sduuid=", "if=oic.if.rw", "page=", "page=AAAA", "page=AorMOtGlQkZ5zSh2z8VZFgAAAAAAAAAFAA",
        "page=AorMOtGlQkZ5zSh2z8VZFgAAAAAAAA!F"}) {
    EXPECT_TRUE(std::holds_alternative<BadQuery>(parse({text}))) << text;
  }
}

TEST(DiscoveryQuery, LeadsToItsNextPage) {
  const PageCursor cursor{id(one), 5};
  EXPECT_EQ(cursor.text(), "AorMOtGlQkZ5zSh2z8VZFgAAAAAAAAAF");
  EXPECT_EQ(cursor.text().size(), PageCursor::letters);
  const DiscoveryQuery query =
      good({"rt=a", "if=oic.if.baseline", "page=" + PageCursor{id(other), -1}.text()});
  EXPECT_EQ(query.after, (PageCursor{id(other), -1}));
  EXPECT_EQ(query.page_href(cursor), "/oic/res?rt=a&if=oic.if.baseline&page=" + cursor.text());
  EXPECT_EQ(good({}).page_href(cursor), "/oic/res?page=" + cursor.text());
}

TEST(DiscoveryQuery, IsWrittenAsAUriHasIt) {
  EXPECT_EQ(good({"rt=a b%\"ä"}).filters, "rt=a%20b%25%22%c3%a4");
  // It becomes a text of the answer, which has to be UTF-8.
  EXPECT_EQ(good({"x\xff=\xfe"}).filters, "x%ff=%fe");
}

TEST(DiscoveryQuery, OfABatchOrAPageIsNotObserved) {
  EXPECT_TRUE(good({"rt=a"}).is_observable());
  EXPECT_FALSE(good({"if=oic.if.b"}).is_observable());
  EXPECT_FALSE(good({"page=" + PageCursor{}.text()}).is_observable());
}

TEST(PageCursor, IsInTheOrderOfDeviceAndInstance) {
  EXPECT_LT((PageCursor{id(one), 9}), (PageCursor{id(other), 1}));
  EXPECT_LT((PageCursor{id(one), 1}), (PageCursor{id(one), 9}));
}

}  // namespace
}  // namespace ocf::gateway
