// SPDX-License-Identifier: Apache-2.0
// Encodings, ETags, caching and the policy of a page.
#include "pages/asset.hpp"

#include <zlib.h>

#include <array>
#include <memory>
#include <string>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace waxwing::pages {
namespace {

using testing::HasSubstr;
using testing::Not;

// Longer than a step of the inflating, so that it takes several.
const std::string& text() {
  static const std::string all = [] {
    std::string made;
    for (int i = 0; made.size() < 200'000; ++i) {
      made += "line " + std::to_string(i) + "\n";
    }
    return made;
  }();
  return all;
}

std::string gzip_of(const std::string& plain) {
  z_stream stream{};
  EXPECT_EQ(deflateInit2(&stream, 9, Z_DEFLATED, 16 + MAX_WBITS, 8, Z_DEFAULT_STRATEGY), Z_OK);
  std::string in = plain;
  std::string out(deflateBound(&stream, in.size()), '\0');
  stream.next_in = reinterpret_cast<Bytef*>(in.data());
  stream.avail_in = static_cast<uInt>(in.size());
  stream.next_out = reinterpret_cast<Bytef*>(out.data());
  stream.avail_out = static_cast<uInt>(out.size());
  EXPECT_EQ(deflate(&stream, Z_FINISH), Z_STREAM_END);
  out.resize(stream.total_out);
  deflateEnd(&stream);
  return out;
}

const std::string& gzip() {
  static const std::string packed = gzip_of(text());
  return packed;
}

constexpr std::string_view kBrotli = "(octets that brotli made)";

http::Request request(
    const std::vector<std::pair<std::string_view, std::string_view>>& fields = {}) {
  auto head = std::make_shared<http::Head>();
  head->method = head->append("GET");
  head->target = head->append("/dashboard");
  for (const auto& [name, value] : fields) {
    const auto key = head->append(name);
    head->fields.emplace_back(key, head->append(value));
  }
  return http::Request(std::move(head));
}

std::string header(const http::Response& response, std::string_view wanted) {
  for (const auto& [name, value] : response.headers) {
    if (name == wanted) {
      return value;
    }
  }
  return {};
}

http::Response answer(std::string_view accept_encoding) {
  return asset_response(request({{"Accept-Encoding", accept_encoding}}), assets()[0], Reach::Own);
}

TEST(Asset, IsFoundByItsWholeName) {
  EXPECT_EQ(find_asset("page/index.html"), assets().data());
  EXPECT_EQ(find_asset("page/index"), nullptr);
  EXPECT_EQ(find_asset("page/../page/index.html"), nullptr);
  EXPECT_EQ(find_asset(""), nullptr);
}

TEST(Asset, ComesInTheSmallestEncodingThatTheClientTakes) {
  EXPECT_EQ(header(answer("gzip, deflate, br"), "Content-Encoding"), "br");
  EXPECT_EQ(answer("gzip, deflate, br").body.view(), kBrotli);
  EXPECT_EQ(header(answer("GZip;q=0.5"), "Content-Encoding"), "gzip");
  EXPECT_EQ(answer("gzip").body.view(), gzip());
  // Shared with the program, not copied.
  EXPECT_EQ(answer("gzip").body.view().data(), assets()[0].gzip.data());
}

TEST(Asset, IsPlainForThoseWhoTakeNoEncoding) {
  for (const std::string_view none :
       {"", "identity", "br;q=0, gzip; q=0.000", "brotli", "gzipped", ",,;,"}) {
    const http::Response response = answer(none);
    EXPECT_EQ(header(response, "Content-Encoding"), "") << none;
    EXPECT_EQ(response.body.view(), text()) << none;
  }
}

TEST(Asset, IsNotSentAgainToThoseWhoHaveIt) {
  const auto status = [](std::string_view known) {
    return asset_response(request({{"If-None-Match", known}}), assets()[0], Reach::Own).status;
  };
  EXPECT_EQ(status("\"tag\""), 304);
  EXPECT_EQ(status("W/\"tag\""), 304);
  EXPECT_EQ(status("\"old\" , \"tag\""), 304);
  EXPECT_EQ(status("*"), 304);
  EXPECT_EQ(status("\"old\""), 200);
  EXPECT_EQ(status("tag"), 200);
  const auto unchanged = asset_response(request({{"If-None-Match", "*"}}), assets()[0], Reach::Own);
  EXPECT_TRUE(unchanged.body.empty());
  EXPECT_EQ(header(unchanged, "ETag"), "\"tag\"");
  EXPECT_EQ(header(unchanged, "Vary"), "Accept-Encoding");
}

TEST(Asset, IsKeptForLongOnlyUnderANameOfItsOwn) {
  EXPECT_EQ(header(answer("br"), "Cache-Control"), "private, no-cache");
  EXPECT_EQ(header(asset_response(request(), assets()[1], Reach::Own), "Cache-Control"),
            "private, max-age=31536000, immutable");
}

TEST(Asset, IsFencedIn) {
  const http::Response own = answer("br");
  const std::string policy = header(own, "Content-Security-Policy");
  EXPECT_THAT(policy, HasSubstr("default-src 'none'; script-src 'self';"));
  EXPECT_THAT(policy, HasSubstr("frame-ancestors 'none'"));
  EXPECT_TRUE(policy.ends_with("connect-src 'self'"));
  EXPECT_THAT(policy, Not(HasSubstr("unsafe-eval")));
  EXPECT_EQ(header(own, "X-Content-Type-Options"), "nosniff");
  EXPECT_EQ(header(own, "Referrer-Policy"), "no-referrer");
  EXPECT_TRUE(header(asset_response(request(), assets()[0], Reach::Any), "Content-Security-Policy")
                  .ends_with("connect-src 'self' http: https: ws: wss:"));
}

}  // namespace

std::span<const Asset> assets() {
  static const std::array<Asset, 2> all = {{
      {"page/index.html", "text/html; charset=utf-8", gzip(), kBrotli, "\"tag\"", false},
      {"page/index-a1b2c3d4.js", "text/javascript; charset=utf-8", gzip(), kBrotli, "\"js\"", true},
  }};
  return all;
}

}  // namespace waxwing::pages
