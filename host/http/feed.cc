// SPDX-License-Identifier: Apache-2.0
// Messages on their way from any thread to one client that listens.
#include "http/feed.hpp"

#include <algorithm>
#include <iterator>
#include <utility>

#include "base/check.hpp"
#include "http/mailbox.hpp"

namespace waxwing::http {
namespace {

// One share: enough for one system call, and never much more than that on its way.
constexpr std::size_t kBatchBytes = 64 * kKiB;
constexpr std::size_t kBatchMessages = 64;

// Moves the front of `from` to `to`; returns the octets moved.
std::size_t move_share(std::vector<Message>& from, std::vector<Message>& to) {
  std::size_t bytes = 0;
  std::size_t count = 0;
  while (count < from.size() && count < kBatchMessages && bytes < kBatchBytes) {
    bytes += from[count++].text->size();
  }
  const auto end = from.begin() + static_cast<std::ptrdiff_t>(count);
  to.assign(std::make_move_iterator(from.begin()), std::make_move_iterator(end));
  from.erase(from.begin(), end);
  if (from.empty()) {
    from = {};  // thousands of feeds wait with nothing in them
  }
  return bytes;
}

}  // namespace

void Feed::put_first(std::vector<Message> messages) {
  const std::lock_guard lock(mutex_);
  WAX_DCHECK(!mailbox_ && first_.empty());
  first_ = std::move(messages);
}

bool Feed::post(Message message) {
  std::vector<Message> dropped;  // freed outside the lock
  bool call = false;
  bool accepted = true;
  {
    const std::lock_guard lock(mutex_);
    if (gone_ || farewell_) {
      return false;
    }
    const std::size_t size = message.text->size();
    if (held_messages_ > 0 &&
        (held_messages_ >= limits_.messages || held_bytes_ + size > limits_.bytes)) {
      accepted = false;
      too_slow_ = true;
      farewell_ = Farewell{kCloseTooSlow, "reads too slowly"};
      dropped.swap(queue_);
      std::move(first_.begin(), first_.end(), std::back_inserter(dropped));
      first_ = {};
      called_ = false;  // this is news also to who has not taken anything for long
    } else {
      held_bytes_ += size;
      ++held_messages_;
      queue_.push_back(std::move(message));
    }
    call = call_is_due();
  }
  if (call) {
    mailbox_->call(callee_);
  }
  return accepted;
}

void Feed::end(std::uint16_t code, std::string reason) {
  bool call = false;
  {
    const std::lock_guard lock(mutex_);
    if (gone_ || farewell_) {
      return;
    }
    farewell_ = Farewell{code, std::move(reason)};
    call = call_is_due();
  }
  if (call) {
    mailbox_->call(callee_);
  }
}

bool Feed::call_is_due() {
  return mailbox_ && !std::exchange(called_, true);
}

void Feed::attach(std::shared_ptr<Mailbox> mailbox, std::weak_ptr<Callee> callee) {
  const std::lock_guard lock(mutex_);
  WAX_DCHECK(!mailbox_);
  mailbox_ = std::move(mailbox);
  callee_ = std::move(callee);
}

Feed::Batch Feed::take() {
  Batch batch;
  const std::lock_guard lock(mutex_);
  called_ = false;
  held_bytes_ -= std::exchange(taken_bytes_, 0);
  held_messages_ -= std::exchange(taken_messages_, 0);
  if (!first_.empty()) {
    move_share(first_, batch.messages);
  } else {
    taken_bytes_ = move_share(queue_, batch.messages);
    taken_messages_ = batch.messages.size();
  }
  if (first_.empty() && queue_.empty() && !gone_) {
    gone_ = farewell_.has_value();
    batch.farewell = farewell_;
  }
  return batch;
}

std::optional<Farewell> Feed::given_up() {
  const std::lock_guard lock(mutex_);
  return too_slow_ ? farewell_ : std::nullopt;
}

bool Feed::detach() {
  std::vector<Message> first;
  std::vector<Message> queue;
  const std::lock_guard lock(mutex_);
  gone_ = true;
  first.swap(first_);
  queue.swap(queue_);
  return too_slow_;
}

}  // namespace waxwing::http
