// commands/create.h - the one place through which a command, or a redirection, writes files: in the
// tree with modify or --scratch, below $LIMPET_SCRATCH always.
#pragma once

#include "commands/command.h"

#include <fcntl.h>
#include <sys/stat.h>

#include <optional>
#include <string>

namespace limpet::commands {

enum class Writing { truncate, append, exclusive, keep, only_there };

// Creates or opens a file for writing, `mode` less the umask. exclusive: it must not be there yet;
// keep: what is there stays; only_there: and it is not made.
Result<Fd> create(const Invocation& call, std::string_view operand, Writing how,
                  unsigned mode = 0666);

// The same for the shell, which has no right to write itself: a process that promises to modify
// opens the file and hands it over. `path` is absolute.
Result<Fd> create_apart(const target::Target& target, const std::string& path, int flags,
                        unsigned mode);

// A name in a directory that is held open: what is done to it happens there, wherever the target
// moves that directory meanwhile. No link is followed in the last step.
struct Place {
    target::Directory directory;
    std::string name;       // one component, "." for the directory; empty: what is open
    std::string spoken;     // as the operator said it, for messages
    int borrowed = -1;      // the directory, when somebody else holds it
    std::string path = {};  // with an empty name, to open it in another way
    const target::Target* target = nullptr;
    const char* hint = nullptr;  // what would let it be written

    [[nodiscard]] int at() const { return borrowed >= 0 ? borrowed : directory.fd.get(); }
    [[nodiscard]] int how() const { return name.empty() ? AT_EMPTY_PATH : AT_SYMLINK_NOFOLLOW; }
    // The error of a call on it that has just failed, "remove /x: Read-only file system (needs …)".
    [[nodiscard]] std::unexpected<Error> failed(std::string_view action) const;
    [[nodiscard]] Result<struct statx> stat() const;
    // A name in the directory that this is, which is open as `opened`: a place of its own.
    [[nodiscard]] Place child(const target::Directory& opened, std::string_view entry) const;
    // A name in a directory that somebody else holds, spoken of as `as`.
    [[nodiscard]] Place entry(const target::Directory& held, std::string_view entry,
                              std::string as) const;
};

// Where an operand lies. Trailing slashes are dropped; "/", "." and ".." become the directory.
Result<Place> place_of(const Invocation& call, std::string_view operand);
// Where the operand leads, through links.
Result<Place> place_behind(const Invocation& call, std::string_view operand);
// A new file in the directory of `place`, which is to be renamed to it once it is whole: `half`
// names it, the mode is 0600.
Result<Fd> create_beside(const Place& place, Place& half);
// y or Y on standard input.
bool asked(Invocation& call, const std::string& question);

// Each names itself in its error. modes are what the caller gives them, less the umask where the
// call does that.
Result<> make_directory(const Place& place, unsigned mode);
Result<> remove(const Place& place, bool directory);
Result<> rename(const Place& from, const Place& to, unsigned flags = 0);
Result<> link(const Place& from, const Place& to);
Result<> symlink(const std::string& text, const Place& to);
Result<> make_node(const Place& place, unsigned mode, dev_t device = 0);
// Of what the name is, never of where a link leads (chmod refuses a link: EOPNOTSUPP).
Result<> chmod(const Place& place, unsigned mode);
// -1 leaves the one as it is.
Result<> chown(const Place& place, uid_t uid, gid_t gid);
Result<> set_times(const Place& place, const timespec (&times)[2]);

}  // namespace limpet::commands
