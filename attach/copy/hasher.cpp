// hasher.cpp - a digest that is computed beside what else is done with the same bytes.
#include "attach/copy/hasher.h"

#include <csignal>

namespace limpet::attach::copy {
namespace {

constexpr std::size_t worth_a_thread = std::size_t{64} * 1024;

}  // namespace

Hasher::~Hasher() {
    wait();
    if (!thread_.joinable()) return;
    digest_ = nullptr;
    given_.release();
    thread_.join();
}

void Hasher::work() {
    for (;;) {
        given_.acquire();
        if (!digest_) return;
        digest_->add(bytes_);
        done_.release();
    }
}

void Hasher::add(Digest& digest, std::string_view bytes) {
    wait();
    if (bytes.size() < worth_a_thread) return digest.add(bytes);
    if (!thread_.joinable()) {
        // Signals are for who waits for them, as without the thread.
        sigset_t all, before;
        ::sigfillset(&all);
        ::pthread_sigmask(SIG_SETMASK, &all, &before);
        thread_ = std::thread([this] { work(); });
        ::pthread_sigmask(SIG_SETMASK, &before, nullptr);
    }
    digest_ = &digest;
    bytes_ = bytes;
    busy_ = true;
    given_.release();
}

void Hasher::wait() {
    if (!busy_) return;
    done_.acquire();
    busy_ = false;
}

}  // namespace limpet::attach::copy
