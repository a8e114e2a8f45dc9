// part.h - a file that has its name only once all of it has come.
#pragma once

#include "limpet/result.h"

#include <string>
#include <string_view>

namespace limpet::attach {

// Until then it is called NAME.part: what was cut short is not taken for the whole. A FIFO or a
// device, which somebody may read from, is written at once.
class Part {
public:
    explicit Part(std::string name) : final_name_(std::move(name)) {}
    // It becomes our standard output.
    Result<> open();
    // `whole`: all has come. Gives the status to end with; `what` begins its messages.
    int close(std::string_view what, int status, bool whole) const;
    [[nodiscard]] bool regular() const { return regular_; }

private:
    std::string name_, final_name_;
    bool regular_ = true;
};

}  // namespace limpet::attach
