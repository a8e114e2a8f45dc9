// hasher.h - a digest that is computed beside what else is done with the same bytes.
#pragma once

#include "limpet/digest.h"

#include <semaphore>
#include <string_view>
#include <thread>

namespace limpet::attach::copy {

// At most one piece at a time: the bytes and the digest are the thread's until wait() returns.
class Hasher {
public:
    Hasher() = default;
    Hasher(const Hasher&) = delete;
    Hasher& operator=(const Hasher&) = delete;
    ~Hasher();
    // Small pieces are hashed at once: waking a thread takes longer.
    void add(Digest& digest, std::string_view bytes);
    void wait();

private:
    void work();
    Digest* digest_ = nullptr;  // null: the thread is to end
    std::string_view bytes_;
    bool busy_ = false;
    std::binary_semaphore given_{0}, done_{0};
    std::thread thread_;
};

}  // namespace limpet::attach::copy
