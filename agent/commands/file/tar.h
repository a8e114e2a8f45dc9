// tar.h - what the parts of tar share.
#pragma once

#include "commands/command.h"
#include "commands/unpacked.h"
#include "parse/tar.h"

#include <string>
#include <string_view>
#include <vector>

namespace limpet::commands::tar {

enum class Action { none, create, extract, list };

struct Operand {
    std::string name;
    std::string directory;  // -C that stands before it, from the working directory
};

struct Style {
    Action action = Action::none;
    std::string archive;  // -f; empty or "-": standard input or output
    int verbose = 0;
    bool to_stdout = false, keep_old = false, modes = false, touch = false, dereference = false;
    bool numeric = false, absolute = false, wildcards = false, ignore_zeros = false;
    bool overwrite = false, owners = true, recursion = true, one_filesystem = false;
    bool gzip = false, sparse = false, json = false;
    // For snapshot: all that is known of each file, in an order of its own, and nothing of how the
    // archive came to be. `volumes`: with what else is mounted there to keep files.
    bool exact = false, volumes = false;
    std::size_t strip = 0;
    std::vector<std::string> exclude;
    std::vector<Operand> operands;
    std::vector<std::string> whiteouts;  // paths that are to be marked as gone
    std::string directory;               // the last -C
};

// Makes the status 2, tar's for "not all was done"; 1 is for files that changed meanwhile.
void complain(Invocation& call, const Error& problem);
void complain(Invocation& call, std::string_view problem);

// Whether files can be made another's: then owners and modes are restored, as GNU's tar does for
// root.
bool may_give_away(const Invocation& call);

// Whether --exclude names it: a pattern stands for what is below it as well, and begins at any
// component of the name.
bool excluded(const Style& style, std::string_view name);

// The name, with -v (or -vv when it is not tar t) the line that ls -l would give. `width`: of owner
// and size together, which grows with what it has to hold.
void print(Invocation& call, Output& out, const Style& style, const parse::tar::Entry& entry,
           std::size_t& width);
inline constexpr std::size_t first_width = 18;

// The bytes of an archive, in blocks and in runs.
class Source {
public:
    explicit Source(Unpacked input) : input_(std::move(input)) {}
    // 512 bytes; empty at the end. Valid until the next call.
    Result<std::string_view> block();
    // Up to `most` bytes, at least one.
    Result<std::string_view> run(std::uint64_t most);
    Result<> skip(std::uint64_t count);
    // Archives end with a record of zeros: whoever writes them into a pipe wants it read.
    void drain_record();

private:
    Result<bool> more();
    Unpacked input_;
    std::string_view rest_;
    std::string held_;
    std::uint64_t given_ = 0;
};

// Lists, or extracts.
int read(Invocation& call, const Style& style);
int create(Invocation& call, const Style& style);

}  // namespace limpet::commands::tar
