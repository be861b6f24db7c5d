// SPDX-License-Identifier: Apache-2.0
// The right to answer one request, and the way of an answer to its worker.
#include "http/responder.hpp"

#include <unistd.h>

#include <sys/eventfd.h>
#include <utility>

#include "base/check.hpp"
#include "base/log.hpp"
#include "http/mailbox.hpp"

namespace waxwing::http {
namespace {

// The request whose handler runs on this thread now.
thread_local const Ticket* direct_ticket = nullptr;

}  // namespace

Ticket::Ticket(std::shared_ptr<Mailbox> mailbox, std::weak_ptr<AnswerSink> sink,
               std::uint64_t serial)
    : mailbox_(std::move(mailbox)), sink_(std::move(sink)), serial_(serial) {}

bool Ticket::answer(Response&& response) {
  if (answered_.exchange(true)) {
    return false;
  }
  drop_callbacks();
  if (direct_ticket == this) {
    if (const auto sink = sink_.lock()) {
      sink->on_answer(serial_, std::move(response));
    }
  } else {
    mailbox_->post({sink_, serial_, std::move(response)});
  }
  return true;
}

void Ticket::forestall() noexcept {
  answered_.store(true);
  drop_callbacks();
}

void Ticket::cancel() {
  std::vector<std::function<void()>> callbacks;
  {
    // One step under the lock: on_cancel() must see both flags or none.
    const std::lock_guard lock(mutex_);
    if (answered_.exchange(true)) {
      return;
    }
    cancelled_.store(true);
    callbacks.swap(callbacks_);
  }
  for (const auto& callback : callbacks) {
    callback();
  }
}

void Ticket::on_cancel(std::function<void()> callback) {
  {
    const std::lock_guard lock(mutex_);
    if (!cancelled_.load()) {
      if (!answered_.load()) {
        callbacks_.push_back(std::move(callback));
      }
      return;
    }
  }
  callback();
}

void Ticket::drop_callbacks() noexcept {
  // Destroyed outside the lock: what they hold may be anything.
  std::vector<std::function<void()>> callbacks;
  const std::lock_guard lock(mutex_);
  callbacks.swap(callbacks_);
}

Ticket::DirectScope::DirectScope(const Ticket& ticket) noexcept
    : outer_(std::exchange(direct_ticket, &ticket)) {}

Ticket::DirectScope::~DirectScope() {
  direct_ticket = outer_;
}

void Responder::abandon() noexcept {
  if (!ticket_ || ticket_->answered()) {
    return;
  }
  try {
    if (ticket_->answer(error_response(500))) {
      log::error("http.unanswered", {{"hint", "a handler dropped its responder"}});
    }
  } catch (...) {
    // No memory even for this. The connection's answer timeout ends the wait.
  }
}

Mailbox::Mailbox() : descriptor_(::eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC)) {
  WAX_CHECK(descriptor_ >= 0);
}

Mailbox::~Mailbox() {
  ::close(descriptor_);
}

template <class F>
void Mailbox::put(F&& add) {
  bool first = false;
  {
    const std::lock_guard lock(mutex_);
    if (closed_) {
      return;
    }
    first = mail_.answers.empty() && mail_.calls.empty();
    add(mail_);
  }
  if (first) {
    wake();
  }
}

void Mailbox::post(Answer&& answer) {
  put([&](Mail& mail) { mail.answers.push_back(std::move(answer)); });
}

void Mailbox::call(std::weak_ptr<Callee> callee) {
  put([&](Mail& mail) { mail.calls.push_back(std::move(callee)); });
}

void Mailbox::wake() noexcept {
  const std::uint64_t one = 1;
  // Fails only when the counter is full, and then the worker is awake anyway.
  [[maybe_unused]] const auto written = ::write(descriptor_, &one, sizeof one);
}

Mailbox::Mail Mailbox::take() {
  std::uint64_t count = 0;
  [[maybe_unused]] const auto got = ::read(descriptor_, &count, sizeof count);
  Mail out;
  const std::lock_guard lock(mutex_);
  std::swap(out, mail_);
  return out;
}

void Mailbox::close() {
  Mail dropped;
  const std::lock_guard lock(mutex_);
  closed_ = true;
  std::swap(dropped, mail_);
}

}  // namespace waxwing::http
