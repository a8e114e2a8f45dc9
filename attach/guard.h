// guard.h - something in the cluster that must go when we go, however that happens.
//
// A process of its own waits for our end on a pipe, which the kernel closes also when we are
// killed, and then runs the command that undoes what we did.
#pragma once

#include "limpet/fd.h"
#include "limpet/result.h"

#include <sys/types.h>

#include <string>
#include <vector>

namespace limpet::attach {

class Guard {
public:
    Guard() = default;
    // To be called before the thing is made. `undo` prints a line when it undid something.
    static Result<Guard> start(std::vector<std::string> undo, std::string name);
    Guard(Guard&& other) noexcept;
    Guard& operator=(Guard&& other) noexcept;
    ~Guard() { finish(); }

    // Runs the command now and waits for it; says so when it failed.
    void finish();
    // There is nothing to undo.
    void dismiss();

private:
    Fd alive_;
    pid_t process_ = -1;
    std::string name_;  // of the thing, for the message
};

}  // namespace limpet::attach
