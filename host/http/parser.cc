// SPDX-License-Identifier: Apache-2.0
// Octets to requests. The only include of Boost.Beast's HTTP parser.
#include "http/parser.hpp"

#include <algorithm>
#include <limits>
#include <utility>

#include <boost/asio/buffer.hpp>
#include <boost/beast/http/basic_parser.hpp>
#include <boost/beast/http/error.hpp>

namespace waxwing::http {
namespace {

namespace beast = boost::beast::http;
using BoostView = boost::beast::string_view;
using BoostError = boost::beast::error_code;

// Chunk extensions mean nothing to us; together they may be as long as this.
constexpr std::size_t kMaxChunkExtensions = 4096;

std::string_view to_std(BoostView view) {
  return {view.data(), view.size()};
}

}  // namespace

class RequestParser::Impl final : public beast::basic_parser<true> {
 public:
  explicit Impl(std::size_t header_limit_bytes) : header_limit_bytes_(header_limit_bytes) {
    header_limit(static_cast<std::uint32_t>(header_limit_bytes));
    // Ours is checked in the callbacks. Not boost::none: Beast 1.74 takes that for zero.
    body_limit(std::numeric_limits<std::uint64_t>::max());
    head_->text.reserve(512);
    head_->fields.reserve(16);
  }

  std::size_t feed(std::string_view input);

  // A constant that Beast is stopped with when one of our own checks fails.
  void refuse(int status, std::string_view message, BoostError& error) {
    failure_ = {status, message};
    error = beast::error::bad_value;
  }
  void fail(int status, std::string_view message) {
    failure_ = {status, message};
    state_ = State::Failed;
  }

  State state_ = State::NeedMore;
  Failure failure_{0, {}};
  bool started_ = false;
  std::shared_ptr<Head> head_ = std::make_shared<Head>();
  std::string body_;
  std::size_t body_bytes_ = 0;
  std::size_t body_limit_bytes_ = 0;
  bool discard_ = false;

 private:
  void on_request_impl(beast::verb, BoostView method, BoostView target, int version,
                       BoostError&) override {
    head_->method = head_->append(to_std(method));
    head_->target = head_->append(to_std(target));
    head_->version = version;
  }
  void on_response_impl(int, BoostView, int, BoostError&) override {}
  void on_field_impl(beast::field field, BoostView name, BoostView value,
                     BoostError& error) override;
  void on_header_impl(BoostError& error) override;
  void on_body_init_impl(const boost::optional<std::uint64_t>&, BoostError&) override {}
  std::size_t on_body_impl(BoostView data, BoostError& error) override { return add(data, error); }
  void on_chunk_header_impl(std::uint64_t size, BoostView extensions, BoostError& error) override;
  std::size_t on_chunk_body_impl(std::uint64_t, BoostView data, BoostError& error) override {
    return add(data, error);
  }
  void on_finish_impl(BoostError&) override {}

  std::size_t add(BoostView data, BoostError& error);
  std::string_view skip_blank_lines(std::string_view input);
  bool account_header(std::string_view used, std::size_t left);
  void translate(const BoostError& error);

  const std::size_t header_limit_bytes_;
  std::size_t header_bytes_ = 0;
  char last_header_octet_ = '\0';
  bool head_shown_ = false;
  bool has_host_ = false;
  std::size_t extension_bytes_ = 0;
};

void RequestParser::Impl::on_field_impl(beast::field field, BoostView name, BoostView value,
                                        BoostError& error) {
  if (is_header_done()) {
    return;  // a trailer: nobody asked for any
  }
  switch (field) {
    case beast::field::content_length:
      if (head_->content_length) {
        return refuse(400, "Content-Length is given twice", error);
      }
      // Beast has read it already; it keeps the value.
      head_->content_length = 0;
      break;
    case beast::field::transfer_encoding:
      if (head_->version < 11) {
        return refuse(400, "Transfer-Encoding needs HTTP/1.1", error);
      }
      if (head_->chunked) {
        return refuse(400, "Transfer-Encoding is given twice", error);
      }
      if (!equals_ignoring_case(to_std(value), "chunked")) {
        return refuse(501, "Transfer-Encoding is not supported", error);
      }
      head_->chunked = true;
      break;
    case beast::field::host:
      if (has_host_) {
        return refuse(400, "Host is given twice", error);
      }
      has_host_ = true;
      break;
    case beast::field::expect:
      if (!equals_ignoring_case(to_std(value), "100-continue")) {
        return refuse(417, "Expect is not supported", error);
      }
      head_->expects_continue = head_->version >= 11;
      break;
    default:
      break;
  }
  const Head::Span key = head_->append(to_std(name));
  head_->fields.emplace_back(key, head_->append(to_std(value)));
}

void RequestParser::Impl::on_header_impl(BoostError& error) {
  if (head_->version >= 11 && !has_host_) {
    return refuse(400, "Host is missing", error);
  }
  head_->keep_alive = keep_alive();
  if (head_->content_length) {
    head_->content_length = content_length().value_or(0);
  }
}

void RequestParser::Impl::on_chunk_header_impl(std::uint64_t size, BoostView extensions,
                                               BoostError& error) {
  extension_bytes_ += extensions.size();
  if (extension_bytes_ > kMaxChunkExtensions) {
    return refuse(400, "chunk extensions are too long", error);
  }
  if (size > body_limit_bytes_ - std::min(body_limit_bytes_, body_bytes_)) {
    refuse(413, "request entity too large", error);
  }
}

std::size_t RequestParser::Impl::add(BoostView data, BoostError&) {
  body_bytes_ += data.size();
  if (!discard_) {
    const std::size_t needed = body_.size() + data.size();
    if (needed > body_.capacity()) {
      // Grows with what arrived, not with what was announced: an announcement is free.
      std::size_t capacity = std::max(needed, 2 * body_.capacity());
      if (head_->content_length) {
        capacity = std::min<std::size_t>(capacity, *head_->content_length);
      }
      body_.reserve(std::max(capacity, needed));
    }
    body_.append(data.data(), data.size());
  }
  return data.size();
}

// Lets a client end its previous request with one line break too many, as servers should.
std::string_view RequestParser::Impl::skip_blank_lines(std::string_view input) {
  while (input.size() >= 2 && input[0] == '\r' && input[1] == '\n') {
    input.remove_prefix(2);
  }
  started_ = !input.empty() && input != "\r";
  return input;
}

// Counts header octets over all pieces (Beast looks at one piece only) and finds folded lines.
bool RequestParser::Impl::account_header(std::string_view used, std::size_t left) {
  header_bytes_ += used.size();
  if (header_bytes_ + (is_header_done() ? 0 : left) > header_limit_bytes_) {
    fail(431, "request header is too large");
    return false;
  }
  if (used.empty()) {
    return true;
  }
  const auto folds = [](char c) { return c == ' ' || c == '\t'; };
  bool folded = last_header_octet_ == '\n' && folds(used.front());
  for (std::size_t i = used.find('\n'); i + 1 < used.size(); i = used.find('\n', i + 1)) {
    folded = folded || folds(used[i + 1]);
  }
  last_header_octet_ = used.back();
  if (folded) {
    fail(400, "folded header fields are not supported");
  }
  return !folded;
}

std::size_t RequestParser::Impl::feed(std::string_view input) {
  if (state_ == State::Done || state_ == State::Failed) {
    return 0;
  }
  std::string_view rest = started_ ? input : skip_blank_lines(input);
  state_ = State::NeedMore;
  while (started_) {
    if (is_header_done() && !head_shown_) {
      head_shown_ = true;
      state_ = State::Head;
      break;
    }
    if (is_done()) {
      state_ = State::Done;
      break;
    }
    // Beast 1.74 asserts that there is a fifth octet when it comes back to a lone last chunk. Every
    // message that goes on has one.
    if (rest.empty() || (rest.size() == 4 && rest.starts_with("0\r\n"))) {
      break;
    }
    const bool in_header = !is_header_done();
    const std::size_t body_before = body_bytes_;
    BoostError error;
    const std::size_t used = put({rest.data(), rest.size()}, error);
    const std::string_view piece = rest.substr(0, used);
    rest.remove_prefix(used);
    if (error && error != beast::error::need_more) {
      translate(error);
      break;
    }
    if (in_header && !account_header(piece, rest.size())) {
      break;
    }
    // What is between two chunks, or after the last one: used now, or waiting to be complete.
    const std::size_t between = used - (body_bytes_ - body_before) + (error ? rest.size() : 0);
    if (!in_header && between > header_limit_bytes_) {
      fail(400, "chunk header or trailer is too long");
      break;
    }
    if (error) {  // more is needed
      break;
    }
  }
  return input.size() - rest.size();
}

void RequestParser::Impl::translate(const BoostError& error) {
  if (failure_.status != 0) {
    state_ = State::Failed;
  } else if (error == beast::error::header_limit) {
    fail(431, "request header is too large");
  } else if (error == beast::error::bad_content_length) {
    fail(400, "Content-Length is malformed");
  } else if (error == beast::error::bad_transfer_encoding) {
    fail(400, "Transfer-Encoding is malformed");
  } else if (error == beast::error::bad_version) {
    fail(400, "the HTTP version is not supported");
  } else if (error == beast::error::bad_method || error == beast::error::bad_target) {
    fail(400, "the request line is malformed");
  } else if (error == beast::error::bad_chunk || error == beast::error::bad_chunk_extension) {
    fail(400, "a chunk is malformed");
  } else {
    fail(400, "the request header is malformed");
  }
}

RequestParser::RequestParser(std::size_t header_limit_bytes)
    : impl_(std::make_unique<Impl>(header_limit_bytes)) {}
RequestParser::~RequestParser() = default;
RequestParser::RequestParser(RequestParser&&) noexcept = default;
RequestParser& RequestParser::operator=(RequestParser&&) noexcept = default;

std::size_t RequestParser::feed(std::string_view input) {
  return impl_->feed(input);
}
RequestParser::State RequestParser::state() const noexcept {
  return impl_->state_;
}
const RequestParser::Failure& RequestParser::failure() const noexcept {
  return impl_->failure_;
}
bool RequestParser::started() const noexcept {
  return impl_->started_;
}
void RequestParser::limit_body(std::size_t bytes) {
  impl_->body_limit_bytes_ = bytes;
  if (impl_->head_->content_length.value_or(0) > bytes) {
    impl_->fail(413, "request entity too large");
  }
}
void RequestParser::discard_body(std::size_t limit_bytes) {
  impl_->discard_ = true;
  limit_body(limit_bytes);
}
const std::shared_ptr<Head>& RequestParser::head() const noexcept {
  return impl_->head_;
}
std::size_t RequestParser::body_bytes() const noexcept {
  return impl_->body_bytes_;
}
std::string RequestParser::take_body() noexcept {
  return std::move(impl_->body_);
}

}  // namespace waxwing::http
