// demo_container.h - a throw-away container without a shell, made of plain namespaces.
#pragma once

#include "limpet/fd.h"
#include "limpet/result.h"

#include <sys/types.h>

namespace limpet::attach {

// Dies with this process, whatever ends it, and is gone when this is.
class DemoContainer {
public:
    static Result<DemoContainer> start();
    DemoContainer(DemoContainer&& other) noexcept;
    DemoContainer& operator=(DemoContainer&&) = delete;
    ~DemoContainer();

    // Of its only program, as seen from outside.
    [[nodiscard]] pid_t pid() const { return pid_; }

private:
    DemoContainer() = default;
    pid_t pid_ = -1;
};

// The program in it: answers HTTP on the socket that is its descriptor 3.
int run_demo_application();

}  // namespace limpet::attach
