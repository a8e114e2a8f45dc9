// history.h - what was typed in sessions with one target, kept on this side of the wire.
//
// $XDG_STATE_HOME/limpet/history/ (~/.local/state/… without it), one file a target and host, 0600
// in folders of 0700. An entry is a line; a newline in it is \n, a backslash \\.
#pragma once

#include "limpet/fd.h"

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace limpet::attach {

class History {
public:
    // Where it cannot be kept, it is empty and stays so: no reason to refuse a session.
    History(std::string_view host, std::string_view target);

    // The newest entries, each ended by NUL, as the session is given them.
    [[nodiscard]] std::string load() const;
    // What the session sends to be kept. The agent is not trusted: an entry that is too long or
    // that would do more to a terminal than show itself is dropped, and so is all beyond a total.
    void take(std::string_view bytes);
    // Writes what was taken, beside what other clients have written meanwhile. It waits for nobody:
    // a file that is locked is left for the next time.
    void save();

private:
    void drop_oldest_files() const;

    Fd folder_;
    std::string file_;
    std::string begun_;  // an entry whose end has not come yet
    std::vector<std::string> taken_;
    std::uint64_t total_ = 0;  // bytes taken in this session
};

}  // namespace limpet::attach
