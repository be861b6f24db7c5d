// SPDX-License-Identifier: Apache-2.0
// Choosing an encoding, answering 304, and the headers that fence a page in.
#include "pages/asset.hpp"

#include <zlib.h>

#include <algorithm>
#include <string>
#include <utility>

#include "http/url.hpp"

namespace waxwing::pages {
namespace {

// Scripts come from this server alone and none stands in a page. Styles may: both pages set sizes
// and colours while they run. Nobody may frame a page.
constexpr std::string_view kPolicy =
    "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; "
    "img-src 'self' data: blob:; font-src 'self'; base-uri 'none'; form-action 'none'; "
    "frame-ancestors 'none'; connect-src 'self'";
constexpr std::string_view kAnywhere = " http: https: ws: wss:";

constexpr int kGzip = 16 + MAX_WBITS;  // for inflateInit2: with the gzip header

std::string_view trim(std::string_view text) {
  const auto first = text.find_first_not_of(" \t");
  if (first == std::string_view::npos) {
    return {};
  }
  return text.substr(first, text.find_last_not_of(" \t") - first + 1);
}

// Calls `see` for each element of a list with commas until it returns true; true when it did.
template <class F>
bool any_element(std::string_view list, F see) {
  while (!list.empty()) {
    const auto comma = std::min(list.find(','), list.size());
    if (see(trim(list.substr(0, comma)))) {
      return true;
    }
    list.remove_prefix(std::min(comma + 1, list.size()));
  }
  return false;
}

// RFC 9110, 12.5.3. A quality of zero refuses; finer wishes do not matter between two encodings.
bool accepts(std::string_view header, std::string_view encoding) {
  return any_element(header, [encoding](std::string_view element) {
    const auto semicolon = std::min(element.find(';'), element.size());
    if (!http::equals_ignoring_case(trim(element.substr(0, semicolon)), encoding)) {
      return false;
    }
    const std::string_view quality = trim(element.substr(std::min(semicolon + 1, element.size())));
    return !quality.starts_with("q=0") || quality.find_first_of("123456789") != quality.npos;
  });
}

bool has_it(const http::Request& request, std::string_view etag) {
  return any_element(request.header_or_empty("if-none-match"), [etag](std::string_view known) {
    if (known.starts_with("W/")) {
      known.remove_prefix(2);
    }
    return known == etag || known == "*";
  });
}

// For clients that take no compression. The data is our own and whole.
std::string inflate_all(std::string_view gzip) {
  std::string out;
  z_stream stream{};
  if (inflateInit2(&stream, kGzip) != Z_OK) {
    return out;
  }
  std::string in(gzip);  // zlib wants octets it may write to
  stream.next_in = reinterpret_cast<Bytef*>(in.data());
  stream.avail_in = static_cast<uInt>(in.size());
  int status = Z_OK;
  while (status == Z_OK) {
    const std::size_t had = out.size();
    constexpr std::size_t kStep = 64 * 1024;
    out.resize(had + kStep);
    stream.next_out = reinterpret_cast<Bytef*>(out.data() + had);
    stream.avail_out = kStep;
    status = inflate(&stream, Z_NO_FLUSH);
    out.resize(out.size() - stream.avail_out);
  }
  inflateEnd(&stream);
  return out;
}

http::Response body_of(const http::Request& request, const Asset& asset) {
  const std::string_view wanted = request.header_or_empty("accept-encoding");
  const std::string type(asset.content_type);
  for (const auto& [encoding, octets] :
       {std::pair{"br", asset.brotli}, std::pair{"gzip", asset.gzip}}) {
    if (accepts(wanted, encoding)) {
      auto response = http::Response::of_type(200, type, http::Body::of_program(octets));
      response.header("Content-Encoding", encoding);
      return response;
    }
  }
  return http::Response::of_type(200, type, inflate_all(asset.gzip));
}

}  // namespace

const Asset* find_asset(std::string_view name) {
  const auto all = assets();
  const auto it = std::find_if(all.begin(), all.end(),
                               [name](const Asset& asset) { return asset.name == name; });
  return it == all.end() ? nullptr : &*it;
}

http::Response asset_response(const http::Request& request, const Asset& asset, Reach reach) {
  http::Response response =
      has_it(request, asset.etag) ? http::Response::empty(304) : body_of(request, asset);
  std::string policy(kPolicy);
  if (reach == Reach::Any) {
    policy += kAnywhere;
  }
  response.header("ETag", std::string(asset.etag));
  response.header("Vary", "Accept-Encoding");
  response.header("Cache-Control",
                  asset.immutable ? "private, max-age=31536000, immutable" : "private, no-cache");
  response.header("Content-Security-Policy", std::move(policy));
  response.header("X-Content-Type-Options", "nosniff");
  response.header("Cross-Origin-Resource-Policy", "same-origin");
  response.header("Cross-Origin-Opener-Policy", "same-origin");
  response.header("Referrer-Policy", "no-referrer");
  return response;
}

}  // namespace waxwing::pages
