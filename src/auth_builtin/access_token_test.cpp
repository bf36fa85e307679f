#include "auth_builtin/access_token.hpp"

#include <gtest/gtest.h>
#include <openssl/hmac.h>

#include <algorithm>
#include <functional>
#include <string>
#include <vector>

namespace ocf::auth_builtin {
namespace {

using std::chrono::seconds;

constexpr Time issued{std::chrono::milliseconds(1'700'000'000'000)};
constexpr Time now = issued + seconds(10);
const TokenParties parties{"urn:ocf-cloud", "urn:ocf-cloud"};

const SigningKey& key() {
  static const SigningKey key = SigningKey::generate();
  return key;
}
const SigningKey& foreign_key() {
  static const SigningKey key = SigningKey::generate();
  return key;
}

AccessToken users_token() {
  AccessToken token;
  token.tenant = account::Tenant("default");
  token.owner = account::Owner("alice");
  token.issued = issued;
  token.expires = issued + seconds(3600);
  token.id = "j1";
  return token;
}
AccessToken devices_token() {
  AccessToken token = users_token();
  token.binding = DeviceBinding{DeviceId::parse("00000000-0000-0000-0000-00000000000a").value(), "f1", 7};
  return token;
}

std::string good() { return sign_access_token(devices_token(), parties, key()); }
Error verdict(const std::string& text, Time at = now) {
  return verify_access_token(text, parties, key(), at).error();
}

// -- Forgery: the three parts of a token, each made at will

std::string base64url(std::string_view text) { return to_base64url(as_bytes(text)); }

struct Parts {
  std::string header, claims, signature;
  std::string text() const { return header + '.' + claims + '.' + signature; }
};
Parts parts_of(const std::string& token) {
  const auto first = token.find('.');
  const auto last = token.rfind('.');
  return {token.substr(0, first), token.substr(first + 1, last - first - 1), token.substr(last + 1)};
}
std::string plain(const std::string& part) { return std::string(as_text(from_base64url(part).value())); }

std::string forged(const std::string& header, const std::string& claims, const SigningKey& by = key()) {
  std::string text = base64url(header) + '.' + base64url(claims);
  return text + '.' + to_base64url(by.sign(as_bytes(text)));
}
std::string good_header() { return plain(parts_of(good()).header); }
std::string good_claims() { return plain(parts_of(good()).claims); }

std::string replaced(std::string text, const std::string& from, const std::string& to) {
  const auto at = text.find(from);
  EXPECT_NE(at, std::string::npos) << from;
  if (at != std::string::npos) text.replace(at, from.size(), to);
  return text;
}
std::string with_header(const std::string& from, const std::string& to, const SigningKey& by = key()) {
  return forged(replaced(good_header(), from, to), good_claims(), by);
}
std::string with_claims(const std::string& from, const std::string& to) {
  return forged(good_header(), replaced(good_claims(), from, to));
}

std::string hmac_of(ByteView secret, const std::string& header) {
  const std::string text = base64url(header) + '.' + base64url(good_claims());
  Bytes mac(32);
  unsigned size = 0;
  HMAC(EVP_sha256(), secret.data(), static_cast<int>(secret.size()), as_bytes(text).data(), text.size(),
       mac.data(), &size);
  return text + '.' + to_base64url(mac);
}

TEST(AccessToken, ReadsWhatItSigned) {
  for (const AccessToken& token : {users_token(), devices_token()}) {
    const auto read = verify_access_token(sign_access_token(token, parties, key()), parties, key(), now);
    ASSERT_TRUE(read) << read.error().message();
    EXPECT_EQ(*read, token);
  }
}

TEST(AccessToken, KeepsAnyOwnersName) {
  AccessToken token = users_token();
  token.owner = account::Owner("\"Älice\\ \n\x01 \xf0\x9f\x92\xa1/</script>");
  EXPECT_EQ(verify_access_token(sign_access_token(token, parties, key()), parties, key(), now).value(),
            token);
}

TEST(AccessToken, IsForgedWellEnoughByThisTestToBeTakenUnlessSomethingIsWrong) {
  EXPECT_EQ(good_header(), R"({"alg":"ES256","typ":"at+jwt","kid":")" + key().id() + R"("})");
  EXPECT_EQ(verdict(forged(good_header(), good_claims())), Error());
  EXPECT_EQ(parts_of(good()).text().size(), good().size());
}

TEST(AccessToken, IsShortEnoughForADevice) { EXPECT_LT(good().size(), 600u); }

TEST(AccessToken, ExpiresToTheMillisecond) {
  const std::string token = good();
  EXPECT_FALSE(verdict(token, issued + seconds(3600) - std::chrono::milliseconds(1)));
  EXPECT_EQ(verdict(token, issued + seconds(3600)), make_error_code(TokenError::expired));
}

TEST(AccessToken, ForgivesAMinuteOfClockSkewAndNoMore) {
  const std::string token = good();
  EXPECT_FALSE(verdict(token, issued - clock_leeway));
  EXPECT_EQ(verdict(token, issued - clock_leeway - std::chrono::milliseconds(1)),
            make_error_code(TokenError::not_yet_valid));
}

// -- Hostile texts. Each row is refused, and for the reason it was made for.

struct Hostile {
  const char* name;
  TokenError reason;
  std::function<std::string()> text;
};
void PrintTo(const Hostile& hostile, std::ostream* out) { *out << hostile.name; }

class HostileAccessToken : public ::testing::TestWithParam<Hostile> {};

TEST_P(HostileAccessToken, IsRefused) {
  const std::string text = GetParam().text();
  ASSERT_NE(text, good());
  EXPECT_EQ(verdict(text), make_error_code(GetParam().reason)) << text.substr(0, 1000);
}

// The last letter of 64 bytes in base64url holds 4 bits that mean nothing.
std::string with_stray_bits(std::string part) {
  const std::string alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
  part.back() = alphabet[alphabet.find(part.back()) + 1];
  return part;
}

const Hostile shapes[] = {
    {"Empty", TokenError::malformed, [] { return std::string(); }},
    {"OneDot", TokenError::malformed, [] { return std::string("."); }},
    {"TwoDots", TokenError::wrong_header, [] { return std::string(".."); }},
    {"OnePart", TokenError::malformed, [] { return parts_of(good()).header; }},
    {"TwoParts", TokenError::malformed,
     [] { return parts_of(good()).header + '.' + parts_of(good()).claims; }},
    {"FourParts", TokenError::malformed, [] { return good() + ".AAAA"; }},
    {"TrailingDot", TokenError::malformed, [] { return good() + '.'; }},
    {"LeadingDot", TokenError::malformed, [] { return '.' + good(); }},
    {"EncryptedShape", TokenError::malformed, [] { return good() + ".AAAA.AAAA"; }},
    {"TooLong", TokenError::too_long, [] { return good() + std::string(token_bytes_max, 'A'); }},
    {"SignedButTooLong", TokenError::too_long,
     [] { return with_claims("alice", std::string(token_bytes_max, 'a')); }},
    {"Huge", TokenError::too_long, [] { return std::string(1'000'000, '.'); }},
    {"SpaceBefore", TokenError::wrong_header, [] { return ' ' + good(); }},
    {"SpaceAfter", TokenError::malformed, [] { return good() + ' '; }},
    {"NewlineWithin", TokenError::malformed, [] { return replaced(good(), ".", ".\n"); }},
    {"NulAfter", TokenError::malformed, [] { return good() + '\0'; }},
    {"BearerBefore", TokenError::wrong_header, [] { return "Bearer " + good(); }},
    {"PaddedHeader", TokenError::wrong_header, [] { return replaced(good(), ".", "=."); }},
    {"PaddedSignature", TokenError::malformed, [] { return good() + "=="; }},
    {"OtherAlphabet", TokenError::malformed,
     [] {
       // A signature that needs the letters in which the two alphabets differ.
       Parts parts = parts_of(good());
       parts.signature.replace(0, 2, "+/");
       return parts.text();
     }},
    {"StrayBitsInTheSignature", TokenError::malformed,
     [] {
       Parts parts = parts_of(good());
       parts.signature = with_stray_bits(parts.signature);
       return parts.text();
     }},
    {"JsonSerialization", TokenError::malformed,
     [] {
       const Parts parts = parts_of(good());
       return R"({"payload":")" + parts.claims + R"(","protected":")" + parts.header + R"(","signature":")" +
              parts.signature + "\"}";
     }},
};

const Hostile headers[] = {
    {"AlgNone", TokenError::wrong_header,
     [] { return base64url(R"({"alg":"none","typ":"at+jwt"})") + '.' + parts_of(good()).claims + '.'; }},
    {"AlgNoneKeepingTheSignature", TokenError::wrong_header, [] { return with_header("ES256", "none"); }},
    {"AlgNoneInCapitals", TokenError::wrong_header, [] { return with_header("ES256", "NONE"); }},
    {"AlgHs256WithThePublicKey", TokenError::wrong_header,
     [] { return hmac_of(key().public_point(), replaced(good_header(), "ES256", "HS256")); }},
    {"AlgEs256WithAnHmacOfThePublicKey", TokenError::bad_signature,
     [] { return hmac_of(key().public_point(), good_header()); }},
    {"AlgHs256WithoutASecret", TokenError::wrong_header,
     [] { return hmac_of({}, replaced(good_header(), "ES256", "HS256")); }},
    {"AlgEs384", TokenError::wrong_header, [] { return with_header("ES256", "ES384"); }},
    {"AlgEs256k", TokenError::wrong_header, [] { return with_header("ES256", "ES256K"); }},
    {"AlgRs256", TokenError::wrong_header, [] { return with_header("ES256", "RS256"); }},
    {"AlgInSmallLetters", TokenError::wrong_header, [] { return with_header("ES256", "es256"); }},
    {"AlgAbsent", TokenError::wrong_header, [] { return with_header(R"("alg":"ES256",)", ""); }},
    {"AlgTwice", TokenError::wrong_header, [] { return with_header("{", R"({"alg":"none",)"); }},
    {"AlgIsAList", TokenError::wrong_header, [] { return with_header(R"("ES256")", R"(["ES256"])"); }},
    {"TypJwt", TokenError::wrong_header, [] { return with_header("at+jwt", "JWT"); }},
    {"TypAbsent", TokenError::wrong_header, [] { return with_header(R"("typ":"at+jwt",)", ""); }},
    {"KidAbsent", TokenError::wrong_header, [] { return with_header(R"(,"kid":")" + key().id() + '"', ""); }},
    {"KidOfAnother", TokenError::wrong_header, [] { return with_header(key().id(), foreign_key().id()); }},
    {"KidOfAnotherWithItsKey", TokenError::wrong_header,
     [] { return with_header(key().id(), foreign_key().id(), foreign_key()); }},
    {"KidIsAPath", TokenError::wrong_header, [] { return with_header(key().id(), "../../../dev/null"); }},
    {"KidIsAQuery", TokenError::wrong_header, [] { return with_header(key().id(), "x' UNION SELECT 'k"); }},
    {"CritUnknown", TokenError::wrong_header, [] { return with_header("{", R"({"crit":["x"],"x":1,)"); }},
    {"CritEmpty", TokenError::wrong_header, [] { return with_header("{", R"({"crit":[],)"); }},
    {"B64False", TokenError::wrong_header,
     [] { return with_header("{", R"({"crit":["b64"],"b64":false,)"); }},
    {"JkuOfTheAttacker", TokenError::wrong_header,
     [] { return with_header("{", R"({"jku":"https://attacker.example/jwks",)", foreign_key()); }},
    {"X5uOfTheAttacker", TokenError::wrong_header,
     [] { return with_header("{", R"({"x5u":"https://attacker.example/cert",)", foreign_key()); }},
    {"JwkOfTheAttacker", TokenError::wrong_header,
     [] {
       const Bytes point = foreign_key().public_point();
       return with_header("{",
                          R"({"jwk":{"kty":"EC","crv":"P-256","x":")" +
                              to_base64url(ByteView(point).subspan(1, 32)) + R"(","y":")" +
                              to_base64url(ByteView(point).subspan(33)) + R"("},)",
                          foreign_key());
     }},
    {"Compressed", TokenError::wrong_header, [] { return with_header("{", R"({"zip":"DEF",)"); }},
    {"WhiteSpaceInTheHeader", TokenError::wrong_header, [] { return with_header("{", "{ "); }},
    {"HeaderIsNoJson", TokenError::wrong_header, [] { return forged("header", good_claims()); }},
    {"HeaderIsEmpty", TokenError::wrong_header, [] { return forged("", good_claims()); }},
    {"HeaderIsNestedTooDeep", TokenError::wrong_header,
     [] { return forged(std::string(3000, '['), good_claims()); }},
};

std::string with_signature(const std::function<Bytes(Bytes)>& change) {
  Parts parts = parts_of(good());
  parts.signature = to_base64url(change(from_base64url(parts.signature).value()));
  return parts.text();
}

const Hostile signatures[] = {
    {"OfAnotherKey", TokenError::bad_signature,
     [] { return forged(good_header(), good_claims(), foreign_key()); }},
    {"OfAnotherToken", TokenError::bad_signature,
     [] {
       Parts parts = parts_of(good());
       parts.signature = parts_of(sign_access_token(users_token(), parties, key())).signature;
       return parts.text();
     }},
    {"OfOtherClaims", TokenError::bad_signature,
     [] {
       Parts parts = parts_of(good());
       parts.claims = base64url(replaced(good_claims(), "alice", "mallory"));
       return parts.text();
     }},
    {"Absent", TokenError::bad_signature, [] { return with_signature([](Bytes) { return Bytes(); }); }},
    {"OfZeros", TokenError::bad_signature, [] { return with_signature([](Bytes) { return Bytes(64, 0); }); }},
    {"OfOnes", TokenError::bad_signature,
     [] { return with_signature([](Bytes) { return Bytes(64, 0xff); }); }},
    {"TooShort", TokenError::bad_signature,
     [] {
       return with_signature([](Bytes bytes) {
         bytes.pop_back();
         return bytes;
       });
     }},
    {"TooLong", TokenError::bad_signature,
     [] {
       return with_signature([](Bytes bytes) {
         bytes.push_back(0);
         return bytes;
       });
     }},
    {"WithLeadingZeros", TokenError::bad_signature,
     [] {
       return with_signature([](Bytes bytes) {
         bytes.insert(bytes.begin(), 32, 0);
         return bytes;
       });
     }},
    {"WithHalvesSwapped", TokenError::bad_signature,
     [] {
       return with_signature([](Bytes bytes) {
         std::rotate(bytes.begin(), bytes.begin() + 32, bytes.end());
         return bytes;
       });
     }},
    {"InDer", TokenError::bad_signature,
     [] {
       return with_signature([](const Bytes& bytes) {
         Bytes der = {0x30, 70, 0x02, 33, 0};
         der.insert(der.end(), bytes.begin(), bytes.begin() + 32);
         der.insert(der.end(), {0x02, 33, 0});
         der.insert(der.end(), bytes.begin() + 32, bytes.end());
         return der;
       });
     }},
};

const Hostile claims[] = {
    {"IssOfAnother", TokenError::wrong_claims, [] { return with_claims("urn:ocf-cloud", "urn:mallory"); }},
    {"IssWithASlash", TokenError::wrong_claims,
     [] { return with_claims("urn:ocf-cloud", "urn:ocf-cloud/"); }},
    {"IssAbsent", TokenError::wrong_claims, [] { return with_claims(R"("iss":"urn:ocf-cloud",)", ""); }},
    {"AudOfAnother", TokenError::wrong_claims,
     [] { return with_claims(R"("aud":"urn:ocf-cloud")", R"("aud":"urn:somebody")"); }},
    {"AudIsAList", TokenError::wrong_claims,
     [] { return with_claims(R"("aud":"urn:ocf-cloud")", R"("aud":["urn:ocf-cloud"])"); }},
    {"AudAbsent", TokenError::wrong_claims, [] { return with_claims(R"("aud":"urn:ocf-cloud",)", ""); }},
    {"SubAbsent", TokenError::wrong_claims, [] { return with_claims(R"("sub":"alice",)", ""); }},
    {"SubEmpty", TokenError::wrong_claims, [] { return with_claims("alice", ""); }},
    {"SubTwice", TokenError::wrong_claims,
     [] { return with_claims(R"("sub":"alice")", R"("sub":"mallory","sub":"alice")"); }},
    {"SubTwiceInDisguise", TokenError::wrong_claims,
     [] { return with_claims(R"("sub":"alice")", R"("s\u0075b":"mallory","sub":"alice")"); }},
    {"SubWithAnEscape", TokenError::wrong_claims, [] { return with_claims("alice", "\\u0061lice"); }},
    {"SubIsANumber", TokenError::wrong_claims, [] { return with_claims(R"("alice")", "1"); }},
    {"SubIsNotUtf8", TokenError::wrong_claims, [] { return with_claims("alice", "ali\xff"); }},
    {"TenantAbsent", TokenError::wrong_claims, [] { return with_claims(R"("tenant":"default",)", ""); }},
    {"TenantEmpty", TokenError::wrong_claims, [] { return with_claims("default", ""); }},
    {"TenantWithASlash", TokenError::wrong_claims, [] { return with_claims("default", "default/x"); }},
    {"TenantTwice", TokenError::wrong_claims,
     [] { return with_claims(R"("tenant":"default")", R"("tenant":"acme","tenant":"default")"); }},
    {"ExpAbsent", TokenError::wrong_claims, [] { return with_claims(R"("exp":1700003600,)", ""); }},
    {"ExpIsAFloat", TokenError::wrong_claims, [] { return with_claims("1700003600", "1700003600.0"); }},
    {"ExpWithAnExponent", TokenError::wrong_claims, [] { return with_claims("1700003600", "17000036e2"); }},
    {"ExpIsInfinite", TokenError::wrong_claims, [] { return with_claims("1700003600", "1e999"); }},
    {"ExpIsAString", TokenError::wrong_claims, [] { return with_claims("1700003600", R"("1700003600")"); }},
    {"ExpIsNull", TokenError::wrong_claims, [] { return with_claims("1700003600", "null"); }},
    {"ExpIsNegative", TokenError::wrong_claims, [] { return with_claims("1700003600", "-1700003600"); }},
    {"ExpIsHuge", TokenError::wrong_claims, [] { return with_claims("1700003600", "9223372036854775807"); }},
    {"ExpIsBeyond64Bits", TokenError::wrong_claims,
     [] { return with_claims("1700003600", "18446744073709551616"); }},
    {"ExpIsAfterTheYear9999", TokenError::wrong_claims,
     [] { return with_claims("1700003600", "253402300800"); }},
    {"ExpTwice", TokenError::wrong_claims,
     [] { return with_claims(R"("exp":1700003600)", R"("exp":1,"exp":1700003600)"); }},
    {"ExpIsPast", TokenError::expired, [] { return with_claims("1700003600", "1700000009"); }},
    {"ExpIsZero", TokenError::expired, [] { return with_claims("1700003600", "0"); }},
    {"IatAbsent", TokenError::wrong_claims, [] { return with_claims(R"("iat":1700000000,)", ""); }},
    {"IatIsAFloat", TokenError::wrong_claims, [] { return with_claims("1700000000", "1700000000.5"); }},
    {"IatIsInTheFuture", TokenError::not_yet_valid, [] { return with_claims("1700000000", "1700000071"); }},
    {"NbfIsInTheFuture", TokenError::wrong_claims,
     [] { return with_claims(R"("exp")", R"("nbf":1700003000,"exp")"); }},
    {"JtiAbsent", TokenError::wrong_claims, [] { return with_claims(R"("jti":"j1",)", ""); }},
    {"UnknownClaim", TokenError::wrong_claims, [] { return with_claims("{", R"({"admin":true,)"); }},
    {"ClaimsInAnotherOrder", TokenError::wrong_claims,
     [] {
       return forged(good_header(),
                     replaced(replaced(good_claims(), R"("jti":"j1",)", ""), "{", R"({"jti":"j1",)"));
     }},
    {"DiWithoutFamily", TokenError::wrong_claims, [] { return with_claims(R"(,"family":"f1")", ""); }},
    {"DiWithAnEmptyFamily", TokenError::wrong_claims,
     [] { return with_claims(R"("family":"f1")", R"("family":"")"); }},
    {"FamilyWithoutDi", TokenError::wrong_claims,
     [] { return with_claims(R"("di":"00000000-0000-0000-0000-00000000000a",)", ""); }},
    {"DiIsNoUuid", TokenError::wrong_claims,
     [] { return with_claims("00000000-0000-0000-0000-00000000000a", "lamp"); }},
    {"DiInCapitals", TokenError::wrong_claims, [] { return with_claims("00000000000a", "00000000000A"); }},
    {"DiTwice", TokenError::wrong_claims,
     [] { return with_claims(R"("di":)", R"("di":"00000000-0000-0000-0000-00000000000b","di":)"); }},
    {"GenerationAbsent", TokenError::wrong_claims, [] { return with_claims(R"(,"generation":7)", ""); }},
    {"GenerationIsAFloat", TokenError::wrong_claims, [] { return with_claims(":7}", ":7.0}"); }},
    {"GenerationIsNegative", TokenError::wrong_claims, [] { return with_claims(":7}", ":-7}"); }},
    {"GenerationWraps", TokenError::wrong_claims, [] { return with_claims(":7}", ":4294967303}"); }},
    {"ClaimsAreAList", TokenError::wrong_claims,
     [] { return forged(good_header(), "[" + good_claims() + "]"); }},
    {"ClaimsAreEmpty", TokenError::wrong_claims, [] { return forged(good_header(), ""); }},
    {"ClaimsAreAnEmptyObject", TokenError::wrong_claims, [] { return forged(good_header(), "{}"); }},
    {"ClaimsAreCutOff", TokenError::wrong_claims,
     [] { return forged(good_header(), good_claims().substr(0, 40)); }},
    {"SomethingAfterTheClaims", TokenError::wrong_claims,
     [] { return forged(good_header(), good_claims() + "{}"); }},
    {"WhiteSpaceInTheClaims", TokenError::wrong_claims,
     [] { return forged(good_header(), good_claims() + "\n"); }},
    {"ByteOrderMark", TokenError::wrong_claims,
     [] { return forged(good_header(), "\xef\xbb\xbf" + good_claims()); }},
    {"ClaimsAreNestedTooDeep", TokenError::wrong_claims,
     [] { return forged(good_header(), std::string(5000, '[')); }},
    {"ClaimsAreAnotherToken", TokenError::wrong_claims, [] { return forged(good_header(), good()); }},
};

std::string name_of(const ::testing::TestParamInfo<Hostile>& row) { return row.param.name; }
INSTANTIATE_TEST_SUITE_P(Shape, HostileAccessToken, ::testing::ValuesIn(shapes), name_of);
INSTANTIATE_TEST_SUITE_P(Header, HostileAccessToken, ::testing::ValuesIn(headers), name_of);
INSTANTIATE_TEST_SUITE_P(Signature, HostileAccessToken, ::testing::ValuesIn(signatures), name_of);
INSTANTIATE_TEST_SUITE_P(Claims, HostileAccessToken, ::testing::ValuesIn(claims), name_of);

TEST(HostileAccessToken, IsRefusedWhicheverLetterIsAnother) {
  const std::string token = good();
  for (std::size_t at = 0; at < token.size(); ++at) {
    std::string altered = token;
    altered[at] = altered[at] == 'A' ? 'B' : 'A';
    EXPECT_TRUE(verdict(altered)) << at;
  }
}

TEST(HostileAccessToken, IsRefusedWhereverItIsCut) {
  const std::string token = good();
  for (std::size_t size = 0; size < token.size(); ++size) EXPECT_TRUE(verdict(token.substr(0, size))) << size;
}

}  // namespace
}  // namespace ocf::auth_builtin
