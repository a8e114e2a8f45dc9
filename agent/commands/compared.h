// commands/compared.h - a tree beside what it was: what was added, changed and deleted.
#pragma once

#include "commands/command.h"
#include "target/directory.h"

#include <functional>
#include <optional>
#include <string>

namespace limpet::commands {

struct Difference {
    char what;  // 'A' added, 'C' changed, 'D' deleted
    const std::string& path;
    const std::string& name;
    std::optional<struct statx> before, now;
    const target::Directory* was;  // the folder that it lay in, and lies in; may be null
    const target::Directory* is;
};

// Looks only into folders that were written to, as an overlay's upper layer has them, and there
// only at the names: so it does not matter how overlayfs marks what is gone. A file that was
// written to but is as it was, bytes and all, has not changed.
class Comparison {
public:
    // `folders`: a folder has changed, too, when something below it has.
    Comparison(Invocation& call, bool folders, std::function<void(const Difference&)> tell)
        : call_(call), folders_(folders), tell_(std::move(tell)) {}

    // `path` is that of the folder, "" for the root.
    void folder(const target::Directory& written, const target::Directory& before,
                const target::Directory& now, const std::string& path);

private:
    using Names = std::vector<std::string>;
    void look(const target::Directory* written, const target::Directory* before,
              const target::Directory& now, const std::string& path);
    void visit(const target::Directory* written, const target::Directory* before,
               const target::Directory& now, const std::string& path, const std::string& name);
    Names names(const target::Directory& directory, const std::string& path);
    void tell(const Difference& one);

    Invocation& call_;
    bool folders_;
    std::function<void(const Difference&)> tell_;
    std::vector<std::pair<const Difference*, bool>> above_;  // and whether it was told of
};

}  // namespace limpet::commands
