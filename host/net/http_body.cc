// SPDX-License-Identifier: Apache-2.0
// Bodies of HTTP answers: counted, in chunks, or up to the end of the connection.
#include "net/http_body.hpp"

#include <algorithm>
#include <charconv>

namespace waxwing::net {
namespace {

bool read_number(std::string_view text, int base, std::uint64_t& out) {
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), out, base);
  return error == std::errc() && end == text.data() + text.size();
}

}  // namespace

HttpBodyReader::HttpBodyReader(const HttpHead& head) : part_(part_of(head, left_)) {}

HttpBodyReader::Part HttpBodyReader::part_of(const HttpHead& head, std::uint64_t& left) {
  if (head.code < 200 || head.code == 204 || head.code == 304) {
    return Part::Done;
  }
  if (!head.find("transfer-encoding").empty()) {
    return head.has_token("transfer-encoding", "chunked") ? Part::Size : Part::UntilClose;
  }
  bool counted = false;
  for (const auto& [name, value] : head.headers) {
    if (name != "content-length") {
      continue;
    }
    std::uint64_t size = 0;
    if (!read_number(value, 10, size) || (counted && size != left)) {
      return Part::Bad;
    }
    counted = true;
    left = size;
  }
  return !counted ? Part::UntilClose : left == 0 ? Part::Done : Part::Counted;
}

HttpBodyReader::State HttpBodyReader::feed(std::string_view& input, std::string& body) {
  while (part_ != Part::Done && part_ != Part::Bad && !input.empty()) {
    if (part_ == Part::UntilClose) {
      body.append(input);
      input = {};
    } else if (part_ == Part::Counted || part_ == Part::Chunk) {
      const std::size_t size =
          static_cast<std::size_t>(std::min<std::uint64_t>(left_, input.size()));
      body.append(input.substr(0, size));
      input.remove_prefix(size);
      left_ -= size;
      if (left_ == 0) {
        part_ = part_ == Part::Counted ? Part::Done : Part::ChunkEnd;
      }
    } else if (take_line(input)) {
      part_ = after_line();
      line_.clear();
    }
  }
  return part_ == Part::Done ? State::Done : part_ == Part::Bad ? State::Bad : State::More;
}

bool HttpBodyReader::take_line(std::string_view& input) {
  const std::size_t end = input.find('\n');
  const std::size_t size = end == std::string_view::npos ? input.size() : end + 1;
  if (line_.size() + size > kMaxLineBytes) {
    part_ = Part::Bad;
    return false;
  }
  line_.append(input.substr(0, size));
  input.remove_prefix(size);
  if (end == std::string_view::npos) {
    return false;
  }
  line_.pop_back();
  if (line_.ends_with('\r')) {
    line_.pop_back();
  }
  return true;
}

HttpBodyReader::Part HttpBodyReader::after_line() {
  switch (part_) {
    case Part::Size: {
      std::string_view digits = std::string_view(line_).substr(0, line_.find(';'));
      while (digits.ends_with(' ') || digits.ends_with('\t')) {
        digits.remove_suffix(1);
      }
      if (!read_number(digits, 16, left_)) {
        return Part::Bad;
      }
      return left_ == 0 ? Part::Trailer : Part::Chunk;
    }
    case Part::ChunkEnd:
      return line_.empty() ? Part::Size : Part::Bad;
    case Part::Trailer:
      trailer_bytes_ += line_.size();
      return line_.empty()                       ? Part::Done
             : trailer_bytes_ > kMaxTrailerBytes ? Part::Bad
                                                 : Part::Trailer;
    default:
      return Part::Bad;
  }
}

}  // namespace waxwing::net
