// serve/ledger.h - the request log of `serve --record-dir`: who asked for what, and how it ended.
//
// DIR/requests.log has an entry a line, a JSON object that ends in the hash of the entry before it
// and its own: whoever changes one has to change all that follow. DIR/requests.head says how many
// there are, so that an end which was cut off is missed. docs/recording.md has the fields.
#pragma once

#include "limpet/digest.h"
#include "limpet/fd.h"
#include "limpet/result.h"

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

namespace limpet::serve {

class Ledger {
public:
    // Goes on where the log of an earlier serve ends. A log that does not end as its head says, or
    // that another serve writes, is an error.
    static Result<std::unique_ptr<Ledger>> open(const std::string& path);
    ~Ledger();

    // `members` of the entry's object: `"event":"open","uid":0`. Whole, or not at all.
    Result<> append(std::string_view members);
    [[nodiscard]] BorrowedFd directory() const { return directory_; }

private:
    Ledger() = default;
    Result<> read_head();
    Result<> write_head();
    Fd directory_, log_, head_;
    std::uint64_t entries_ = 0, size_ = 0;
    std::string last_;  // entry's hash
};

}  // namespace limpet::serve
