// shell/scratch.h - $LIMPET_SCRATCH of a shell that runs in place: a private directory, made when
// somebody first asks for it.
#pragma once

#include <sys/types.h>

#include <string>

namespace limpet::shell {

struct Shell;

// Lives as long as the shell does; the directory goes with it, whatever is in there.
class Scratch {
public:
    // Names the directory, when the target is where we stand and nobody has named one.
    explicit Scratch(Shell& shell);
    Scratch(const Scratch&) = delete;
    Scratch& operator=(const Scratch&) = delete;
    ~Scratch();

private:
    std::string path_;
    pid_t owner_;
};

// It is asked for: by a child too, whose directory is its shell's. Only what a shell of ours named
// is made, never what somebody set.
void make_scratch(const std::string& path);

}  // namespace limpet::shell
