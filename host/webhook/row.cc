// SPDX-License-Identifier: Apache-2.0
// The stored form: little-endian integers and length-prefixed text behind a version octet.
#include "webhook/row.hpp"

#include <type_traits>
#include <utility>

namespace waxwing::webhook {
namespace {

constexpr std::uint8_t kVersion = 1;

class Writer {
 public:
  Writer() { number(kVersion); }

  template <class T>
  void number(T value) {
    auto bits = static_cast<std::make_unsigned_t<T>>(value);
    for (std::size_t i = 0; i < sizeof(T); ++i) {
      out_ += static_cast<char>(bits & 0xff);
      bits = static_cast<decltype(bits)>(static_cast<std::uint64_t>(bits) >> 8);
    }
  }
  void text(std::string_view text) {
    number(static_cast<std::uint32_t>(text.size()));
    out_ += text;
  }
  [[nodiscard]] std::string take() { return std::move(out_); }

 private:
  std::string out_;
};

// After the first thing that is missing everything else reads as zero and ok() as false.
class Reader {
 public:
  explicit Reader(std::string_view in) : in_(in) { ok_ = number<std::uint8_t>() == kVersion; }

  template <class T>
  T number() {
    if (in_.size() < sizeof(T)) {
      ok_ = false;
      in_ = {};
      return 0;
    }
    std::uint64_t bits = 0;
    for (std::size_t i = 0; i < sizeof(T); ++i) {
      bits |= std::uint64_t{static_cast<unsigned char>(in_[i])} << (8 * i);
    }
    in_.remove_prefix(sizeof(T));
    return static_cast<T>(bits);
  }
  std::string text() {
    const auto size = number<std::uint32_t>();
    if (size > in_.size()) {
      ok_ = false;
      in_ = {};
    }
    const auto text = std::string(in_.substr(0, size));
    in_.remove_prefix(text.size());
    return text;
  }
  [[nodiscard]] bool ok() const noexcept { return ok_ && in_.empty(); }

 private:
  std::string_view in_;
  bool ok_ = true;
};

void append_big_endian(std::string& out, std::uint64_t value, int octets) {
  for (int shift = 8 * (octets - 1); shift >= 0; shift -= 8) {
    out += static_cast<char>(value >> shift & 0xff);
  }
}

std::uint64_t read_big_endian(std::string_view octets) {
  std::uint64_t value = 0;
  for (const char octet : octets) {
    value = value << 8 | static_cast<unsigned char>(octet);
  }
  return value;
}

}  // namespace

std::string RowKey::octets() const {
  std::string out;
  append_big_endian(out, run, 4);
  append_big_endian(out, sequence, 8);
  return out;
}

std::string RowKey::octets(Slot slot) const {
  std::string out = octets();
  append_big_endian(out, slot, 4);
  return out;
}

bool read_key(std::string_view octets, RowKey& key, Slot* slot) {
  if (octets.size() != (slot != nullptr ? 16U : 12U)) {
    return false;
  }
  key.run = static_cast<std::uint32_t>(read_big_endian(octets.substr(0, 4)));
  key.sequence = read_big_endian(octets.substr(4, 8));
  if (slot != nullptr) {
    *slot = static_cast<Slot>(read_big_endian(octets.substr(12)));
  }
  return true;
}

std::string write_row(const event::Event& event, const std::vector<Slot>& slots,
                      std::int64_t since_ms) {
  Writer out;
  out.number(static_cast<std::uint32_t>(slots.size()));
  for (const Slot slot : slots) {
    out.number(slot);
  }
  out.number(since_ms);
  out.number(event.timestamp_ms);
  for (const std::string* text :
       {&event.id, &event.type, &event.session, &event.engine, &event.order_key, &event.json}) {
    out.text(*text);
  }
  return out.take();
}

Result<Row> read_row(std::string_view value) {
  Reader in(value);
  Row row;
  const auto slots = in.number<std::uint32_t>();
  for (std::uint32_t i = 0; i < slots && i < value.size(); ++i) {
    row.slots.push_back(in.number<Slot>());
  }
  row.since_ms = in.number<std::int64_t>();
  const auto made = std::make_shared<event::Event>();
  event::Event& event = *made;
  event.timestamp_ms = in.number<std::int64_t>();
  for (std::string* text :
       {&event.id, &event.type, &event.session, &event.engine, &event.order_key, &event.json}) {
    *text = in.text();
  }
  if (!in.ok()) {
    return Status(Code::Invalid, "a stored event is damaged");
  }
  row.event = made;
  return row;
}

std::string write_progress(const Progress& progress) {
  Writer out;
  out.number(static_cast<std::uint8_t>(progress.done));
  out.number(progress.attempts);
  out.number(progress.not_before_ms);
  return out.take();
}

Progress read_progress(std::string_view value) {
  Reader in(value);
  Progress progress;
  progress.done = in.number<std::uint8_t>() != 0;
  progress.attempts = in.number<std::uint32_t>();
  progress.not_before_ms = in.number<std::int64_t>();
  return in.ok() ? progress : Progress{};
}

std::string write_dead(const DeadLetter& dead) {
  Writer out;
  out.number(dead.died_ms);
  out.number(dead.attempts);
  out.text(dead.error);
  out.text(dead.row);
  return out.take();
}

Result<DeadLetter> read_dead(std::string_view value) {
  Reader in(value);
  DeadLetter dead;
  dead.died_ms = in.number<std::int64_t>();
  dead.attempts = in.number<std::uint32_t>();
  dead.error = in.text();
  dead.row = in.text();
  if (!in.ok()) {
    return Status(Code::Invalid, "a stored dead letter is damaged");
  }
  return dead;
}

}  // namespace waxwing::webhook
